-- A row says that a worker has forwarded a record to the partition of its conversation.
-- Written by workers before they produce the copy. Read by the worker that receives the copy: its headers name the
-- origin, and count only if a row here has the digest of the copy's value.
-- ORDER BY: rows are found by the origin. Duplicates, from a killed worker whose successor forwards again, do no harm:
-- the earliest time counts.
-- TTL: a copy is normally read soon. One that is read after the TTL counts as received at its own time.
CREATE TABLE IF NOT EXISTS forwarded_records
(
    topic LowCardinality(String) COMMENT 'Kafka topic of the record',
    partition UInt32 COMMENT 'Kafka partition on which the record lay',
    log_epoch UInt64 COMMENT 'which life of the Kafka log the offset belongs to',
    offset UInt64 COMMENT 'Kafka offset of the record there',
    received_at DateTime64(3, 'UTC') COMMENT 'time of receipt of the record, which its copy keeps',
    digest FixedString(32) COMMENT 'SHA-256 of the value',
    written_at DateTime('UTC') DEFAULT now() COMMENT 'when the row was written, by the clock of ClickHouse'
)
ENGINE = MergeTree
ORDER BY (topic, partition, offset)
TTL written_at + INTERVAL 30 DAY
SETTINGS min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'Which records workers have sent on to the partition of their conversation';
