-- Carries the events of a flush that the fence let through into events.
-- Runs once for each insert into inbox; a repeated deduplication token is dropped by the target itself.
CREATE MATERIALIZED VIEW IF NOT EXISTS events_mv TO events
AS SELECT
    @EVENT_COLUMNS@,
    topic, partition, log_epoch
FROM (SELECT * FROM inbox_accepted WHERE kind IN ('event', 'lost_event'))
ARRAY JOIN
    @EVENT_COLUMNS@
COMMENT 'Fills events from inbox_accepted';
