-- A row is one record that is no valid event, with everything needed to look at it or to send it again.
-- Written by dead_letters_mv; read by `python -m stream_processors dead-letters` and by people.
-- ORDER BY: the latest are looked at first, and a time range is one stretch.
-- The deduplication window removes a repeated flush.
CREATE TABLE IF NOT EXISTS dead_letters
(
    topic LowCardinality(String) COMMENT 'Kafka topic of the record',
    partition UInt32 COMMENT 'Kafka partition of the record',
    log_epoch UInt64 COMMENT 'which life of the Kafka log the offset belongs to',
    offset UInt64 COMMENT 'Kafka offset of the record',
    received_at DateTime64(3, 'UTC') COMMENT 'when Kafka received the record',
    reason String COMMENT 'what is wrong, naming the field and what is allowed',
    reason_code LowCardinality(String) COMMENT 'the kind of fault, from a closed set',
    raw String COMMENT 'the bytes of the value',
    has_value UInt8 COMMENT '0 for a record without a value, where raw is empty',
    key String COMMENT 'the bytes of the key',
    headers Array(Tuple(String, String)) COMMENT 'headers of the record, in order'
)
ENGINE = MergeTree
ORDER BY (received_at, topic, partition, offset)
SETTINGS non_replicated_deduplication_window = 100000
COMMENT 'Records that are no valid events';
