-- A row is a misrouted record that a worker has produced again to the partition of its conversation.
-- Written by workers before they produce the copy. Read by the worker that receives the copy: its headers name the
-- origin, and count only if a row here has the digest of the copy's value.
-- ORDER BY: rows are found by the origin. Duplicates of a killed worker and its successor are harmless: the earliest
-- time counts.
-- TTL: a copy is normally read soon. One that is read after the TTL counts as received at its own time.
CREATE TABLE IF NOT EXISTS forwarded_records
(
    topic LowCardinality(String) COMMENT 'Kafka topic of the record',
    partition UInt32 COMMENT 'Kafka partition of the misrouted record',
    log_epoch UInt64 COMMENT 'epoch of the Kafka log that the offset belongs to',
    offset UInt64 COMMENT 'Kafka offset of the misrouted record',
    received_at DateTime64(3, 'UTC') COMMENT 'time of receipt, which the copy keeps',
    digest FixedString(32) COMMENT 'SHA-256 of the value',
    written_at DateTime('UTC') DEFAULT now() COMMENT 'when the row was written, by the clock of ClickHouse'
)
ENGINE = MergeTree
ORDER BY (topic, partition, offset)
TTL written_at + INTERVAL 30 DAY
SETTINGS min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'Misrouted records that workers have produced again to the right partition';
