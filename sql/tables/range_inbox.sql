-- A row is a row of the range log on its way in; nothing is stored here.
-- Written by the worker; read by ranges_mv alone, which lets the latest claimant of the partition through.
-- Null engine: no ORDER BY, nothing to remove.
CREATE TABLE IF NOT EXISTS range_inbox AS ranges
ENGINE = Null
COMMENT 'The way into the range log, past the fence';
