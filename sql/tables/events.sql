-- A row is one valid event with its derived columns: the first one that arrived with its event_id in its conversation.
-- Written by events_mv. Read by the worker (to fold a conversation again), by the metric views (tools, and the edges of
-- a range) and by users.
-- ORDER BY: the range of an agent is contiguous, and so is a conversation within a quarter-hour. The bloom filter finds
-- all events of one conversation. Partitions are months of receipt, so late events never reopen an old partition.
-- PROJECTION: the calls of an agent are contiguous too, so that tool_usage reads a fifth of the data.
-- The worker drops duplicate event_ids; the deduplication window drops a repeated flush.
-- A flush is one file instead of two per column, which halves the cost of writing it; merged parts are wide.
-- The Arrow types, the inbox and events_mv follow from this file (sql/event_columns.py).
CREATE TABLE IF NOT EXISTS events
(
    agent_id LowCardinality(String) COMMENT 'the measured agent',
    environment LowCardinality(String) COMMENT 'production unless the producer sets another one',
    quarter_hour UInt32 COMMENT 'quarter-hour of occurred_at: seconds since 1970 / 900, rounded down',
    conversation_hash UInt64 COMMENT '64-bit hash of agent_id, environment and conversation_id',
    conversation_id String COMMENT 'id of the conversation as sent',
    event_id String COMMENT 'identity within the conversation, in lower case',
    type LowCardinality(String) COMMENT 'type of the event',
    schema_version UInt8 COMMENT 'version of the event contract',
    occurred_at DateTime64(3, 'UTC') COMMENT 'when it happened; the time of receipt if that was out of range',
    received_at DateTime64(3, 'UTC') COMMENT 'when Kafka received the record',
    invalid_fields Array(LowCardinality(String)) COMMENT 'fields with an invalid value, which count as unknown',

    customer_id String COMMENT 'visits, engagements: as sent',
    customer_ip_address String COMMENT 'visits, engagements: truncated, full or empty, by the address setting',
    device String COMMENT 'visits, engagements: by the content setting',
    source String COMMENT 'visits, engagements: by the content setting',
    language String COMMENT 'visits, engagements: by the content setting',
    name String COMMENT 'visits, engagements: title, by the content setting',
    sender LowCardinality(String) COMMENT 'messages: end_user, agent or system',
    content String COMMENT 'messages: by the content setting',
    attachments String COMMENT 'messages: JSON list, by the content setting',
    action_name String COMMENT 'actions: as sent',
    started_at Nullable(DateTime64(3, 'UTC')) COMMENT 'actions: start of the call as sent',
    ended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'actions: end of the call as sent',
    duration_ms Nullable(Float64) COMMENT 'actions: as sent',
    tools_used String COMMENT 'actions: JSON object, by the content setting',
    response String COMMENT 'actions: by the content setting',
    error_message String COMMENT 'actions: by the content setting',
    button_event String COMMENT 'buttons: as sent',
    label String COMMENT 'buttons: by the content setting',
    value String COMMENT 'buttons: by the content setting',
    rating String COMMENT 'feedback: JSON, by the content setting',
    comment String COMMENT 'feedback: by the content setting',
    rated_by LowCardinality(String) COMMENT 'feedback: customer or staff',
    prompt_tokens Nullable(UInt64) COMMENT 'token usage: as sent',
    completion_tokens Nullable(UInt64) COMMENT 'token usage: as sent',
    total_tokens Nullable(UInt64) COMMENT 'token usage: as sent',
    embedding_tokens Nullable(UInt64) COMMENT 'token usage: as sent',
    model LowCardinality(String) COMMENT 'token usage: as sent',
    metadata String COMMENT 'JSON object, by the content setting',
    extra String COMMENT 'JSON object of the fields that the type does not list, by the content setting',

    customer String COMMENT 'derived: customer_id if it identifies a customer, else empty',
    has_public_address UInt8 COMMENT 'derived: 1 if the address was public, also if not in the GeoIP database',
    country_code LowCardinality(String) COMMENT 'derived: ISO 3166-1 alpha-2, unknown, or empty without an address',
    region LowCardinality(String) COMMENT 'derived: English name of the last subdivision, unknown, or empty',
    city LowCardinality(String) COMMENT 'derived: English name, unknown, or empty',
    latitude Nullable(Float64) COMMENT 'derived: from the GeoIP database',
    longitude Nullable(Float64) COMMENT 'derived: from the GeoIP database',
    device_class LowCardinality(String) COMMENT 'derived: desktop, tablet, mobile, other, or empty when not known',
    source_name LowCardinality(String) COMMENT 'derived: trimmed and in lower case, or empty when not known',
    language_code LowCardinality(String) COMMENT 'derived: primary subtag, or empty when not known',
    language_region LowCardinality(String) COMMENT 'derived: region in capitals, or empty when the tag had none',
    verdict LowCardinality(String) COMMENT 'derived: positive, neutral, negative, unrecognised, empty for no rating',
    failed UInt8 COMMENT 'derived: 1 for an action with an error message that is not blank',
    call_name LowCardinality(String) COMMENT 'derived: trimmed name of the action',
    call_duration_ms Nullable(Float64) COMMENT 'derived: how long the action took, NULL when unknown',

    topic LowCardinality(String) COMMENT 'Kafka topic of the record',
    partition UInt32 COMMENT 'Kafka partition of the record',
    log_epoch UInt64 COMMENT 'epoch of the Kafka log that the offset belongs to',
    offset UInt64 COMMENT 'Kafka offset of the record',

    INDEX conversation_hash_filter conversation_hash TYPE bloom_filter GRANULARITY 1,
    PROJECTION calls
    (
        SELECT
            agent_id, environment, type, quarter_hour, occurred_at, conversation_hash, call_name, call_duration_ms,
            failed
        ORDER BY agent_id, environment, type, quarter_hour
    )
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
PRIMARY KEY (agent_id, environment, quarter_hour, conversation_hash)
ORDER BY (agent_id, environment, quarter_hour, conversation_hash)
SETTINGS
    non_replicated_deduplication_window = 100000,
    merge_selector_base = 16,
    min_bytes_for_wide_part = 134217728,
    min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'Every valid event, enriched';
