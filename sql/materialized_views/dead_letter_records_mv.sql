-- Writes the dead letters of a flush, and the outcome of replays, into dead_letter_records.
-- A worker of release 0.1.0 sends no storage and no digest; they are empty then.
-- Runs once for each insert into inbox; the target drops a repeated deduplication token.
CREATE MATERIALIZED VIEW IF NOT EXISTS dead_letter_records_mv TO dead_letter_records
AS SELECT
    topic, partition, log_epoch, offset, origin_topic, origin_partition, origin_log_epoch, origin_offset, status,
    received_at, reason, reason_code, raw, has_value, key, has_key, headers, storage, digest
FROM
(
    SELECT * REPLACE (
        arrayResize(storage, length(offset)) AS storage, arrayResize(digest, length(offset)) AS digest
    )
    FROM inbox_accepted
    WHERE kind = 'dead_letter'
)
ARRAY JOIN
    offset, origin_topic, origin_partition, origin_log_epoch, origin_offset, status, received_at, reason,
    reason_code, raw, has_value, key, has_key, headers, storage, digest
COMMENT 'Fills dead_letter_records from inbox_accepted';
