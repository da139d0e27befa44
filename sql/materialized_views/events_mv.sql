-- Writes the events of an accepted flush into events.
-- Runs once for each insert into inbox; the target drops a repeated deduplication token.
CREATE MATERIALIZED VIEW IF NOT EXISTS events_mv TO events
AS SELECT
    @EVENT_COLUMNS@,
    topic, partition, log_epoch
FROM (SELECT * FROM inbox_accepted WHERE kind IN ('event', 'lost_event'))
ARRAY JOIN
    @EVENT_COLUMNS@
COMMENT 'Fills events from inbox_accepted';
