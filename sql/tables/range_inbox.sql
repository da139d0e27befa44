-- A row is a row of the range log before the fence; nothing is stored here.
-- Written by the worker. Read by ranges_mv only, which accepts the rows of the latest claimant of the partition.
-- Null engine: no ORDER BY; ranges drops repeated tokens itself.
CREATE TABLE IF NOT EXISTS range_inbox AS ranges
ENGINE = Null
COMMENT 'Input of the range log: the fence checks its rows';
