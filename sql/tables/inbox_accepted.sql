-- A row is a row of inbox that passed the fence; nothing is stored here.
-- Written by inbox_accepted_mv. Read by the views that fill the targets; each takes the rows of its kind.
-- Null engine: no ORDER BY; every target drops repeated tokens itself.
CREATE TABLE IF NOT EXISTS inbox_accepted AS inbox
ENGINE = Null
COMMENT 'Rows that passed the fence, for the target tables';
