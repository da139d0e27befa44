-- A row is one pending dead letter: rejected, and neither replayed nor dropped. The content is that of the first
-- rejection, as stored; the reason is that of the latest one.
-- Replayed and dropped are final, so neither the order of arrival nor a clock decides whether a dead letter is pending.
-- Duplicate rows of a record count once.
-- A plain view over dead_letter_records; read by `python -m stream_processors dead-letters`, the dashboard and people.
CREATE OR REPLACE VIEW dead_letters
(
    topic LowCardinality(String) COMMENT 'Kafka topic of the record',
    partition UInt32 COMMENT 'Kafka partition of the record',
    log_epoch UInt64 COMMENT 'epoch of the Kafka log that the offset belongs to',
    offset UInt64 COMMENT 'Kafka offset of the record',
    received_at DateTime64(3, 'UTC') COMMENT 'when Kafka received the record; 1970 is unknown',
    reason String COMMENT 'what is wrong, naming the field and what is allowed; of the latest attempt',
    reason_code LowCardinality(String) COMMENT 'the kind of fault, from a closed set; of the latest attempt',
    raw String COMMENT 'the bytes of the value',
    has_value UInt8 COMMENT '0 for a record without a value, where raw is empty',
    key String COMMENT 'the bytes of the key',
    has_key UInt8 COMMENT '0 for a record without a key, where key is empty',
    headers Array(Tuple(String, Nullable(String))) COMMENT 'headers of the record, in order',
    storage LowCardinality(String) COMMENT 'full, or hashed or dropped: then raw, key and headers are not stored',
    digest String COMMENT 'keyed hash of the value when storage is hashed, else empty',
    attempts UInt64 COMMENT 'number of rejections: 1, and 1 more for each failed replay'
)
AS SELECT
    origin_topic AS topic, origin_partition AS partition, origin_log_epoch AS log_epoch, origin_offset AS offset,
    first_received_at AS received_at, last_reason AS reason, last_reason_code AS reason_code, first_raw AS raw,
    first_has_value AS has_value, first_key AS key, first_has_key AS has_key, first_headers AS headers,
    first_storage AS storage, first_digest AS digest, refusals AS attempts
FROM
(
    SELECT
        origin_topic, origin_partition, origin_log_epoch, origin_offset,
        argMin(received_at, is_again) AS first_received_at,
        argMax(reason, (is_again, written_at)) AS last_reason,
        argMax(reason_code, (is_again, written_at)) AS last_reason_code,
        argMin(raw, is_again) AS first_raw,
        argMin(has_value, is_again) AS first_has_value,
        argMin(key, is_again) AS first_key,
        argMin(has_key, is_again) AS first_has_key,
        argMin(headers, is_again) AS first_headers,
        argMin(if(storage = '', 'full', storage), is_again) AS first_storage,
        argMin(digest, is_again) AS first_digest,
        uniqExact(topic, partition, log_epoch, offset) AS refusals
    FROM
    (
        SELECT
            *,
            (topic, partition, log_epoch, offset)
                != (origin_topic, origin_partition, origin_log_epoch, origin_offset) AS is_again
        FROM dead_letter_records
    )
    GROUP BY origin_topic, origin_partition, origin_log_epoch, origin_offset
    HAVING countIf(status != 'refused') = 0
)
COMMENT 'Every open dead letter, one true row each';
