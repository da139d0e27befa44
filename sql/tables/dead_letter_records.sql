-- A row is one change of a dead letter: a record was rejected, a replay of it was accepted or rejected again, or it was
-- dropped. Rows are only added; the view dead_letters shows what is pending.
-- The four origin columns identify a dead letter: the position of the first rejected record. The row's own
-- position is that of its record; the row of a drop has none.
-- Written by dead_letter_records_mv and by `python -m stream_processors dead-letters drop`. Read by dead_letters, and
-- by workers that check whether a record replays a dead letter.
-- ORDER BY: all rows of a dead letter are contiguous and found by its origin.
-- The deduplication window drops a repeated flush.
CREATE TABLE IF NOT EXISTS dead_letter_records
(
    topic LowCardinality(String) COMMENT 'Kafka topic of the record, empty for a drop',
    partition UInt32 COMMENT 'Kafka partition of the record',
    log_epoch UInt64 COMMENT 'epoch of the Kafka log that the offset belongs to',
    offset UInt64 COMMENT 'Kafka offset of the record',
    origin_topic LowCardinality(String) COMMENT 'Kafka topic of the first rejected record',
    origin_partition UInt32 COMMENT 'Kafka partition of the first rejected record',
    origin_log_epoch UInt64 COMMENT 'epoch of the Kafka log that the origin''s offset belongs to',
    origin_offset UInt64 COMMENT 'Kafka offset of the first rejected record',
    status LowCardinality(String) COMMENT 'refused, replayed (it is an event now) or dropped',
    received_at DateTime64(3, 'UTC') COMMENT 'when Kafka received the first rejected record; 1970 means unknown',
    written_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when the row was written, by the clock of ClickHouse',
    reason String COMMENT 'refused: the field and what is allowed',
    reason_code LowCardinality(String) COMMENT 'refused: the kind of fault, from a closed set',
    raw String COMMENT 'refused: the bytes of the value',
    has_value UInt8 COMMENT 'refused: 0 for a record without a value, where raw is empty',
    key String COMMENT 'refused: the bytes of the key',
    has_key UInt8 COMMENT 'refused: 0 for a record without a key, where key is empty',
    headers Array(Tuple(String, Nullable(String))) COMMENT 'refused: headers of the record, in order',
    storage LowCardinality(String) DEFAULT 'full' COMMENT 'refused: full, or hashed or dropped without the bytes',
    digest String COMMENT 'refused: keyed hash of the value when hashed, else empty',
    raw_hash FixedString(32) MATERIALIZED SHA256(raw) COMMENT 'compared with records that claim to replay it'
)
ENGINE = MergeTree
ORDER BY (origin_topic, origin_partition, origin_log_epoch, origin_offset)
SETTINGS
    non_replicated_deduplication_window = 100000,
    min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'Records that are not valid events: refused, replayed or dropped';
