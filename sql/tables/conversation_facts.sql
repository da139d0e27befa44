-- A row adds (sign +1) or removes (sign -1) the facts of one conversation. After summing the signs, each conversation
-- with an event has one row.
-- Written by conversation_facts_mv. Read by the metric views, the view conversations, the worker and the audit.
-- ORDER BY: the primary key serves ranges of engaged_at. It continues with all other columns, so that merging sums
-- the signs of equal facts only. Merging works in any order of arrival, but never completes, so readers sum the signs
-- themselves.
-- The deduplication window drops a repeated flush.
CREATE TABLE IF NOT EXISTS conversation_facts
(
    agent_id LowCardinality(String) COMMENT 'the measured agent',
    environment LowCardinality(String) COMMENT 'production unless the producer sets another one',
    quarter_hour UInt32 COMMENT 'quarter-hour of engaged_at, 0 when never engaged',
    conversation_hash UInt64 COMMENT '64-bit hash of agent_id, environment and conversation_id',
    conversation_id String COMMENT 'id of the conversation as sent',
    engaged_at Nullable(DateTime64(3, 'UTC')) COMMENT 'earliest engaging event, NULL when never engaged',
    visited_at Nullable(DateTime64(3, 'UTC')) COMMENT 'earliest visit, NULL when never visited',
    first_end_user_message_at Nullable(DateTime64(3, 'UTC')) COMMENT 'earliest end_user message, NULL when none',
    customer String COMMENT 'last known customer, empty when anonymous',
    country_code LowCardinality(String) COMMENT 'of the first public address: ISO 3166-1 alpha-2 or unknown',
    region LowCardinality(String) COMMENT 'of the first public address: English name of its last subdivision',
    city LowCardinality(String) COMMENT 'of the first public address: English name, or unknown',
    latitude Nullable(Float64) COMMENT 'of the first public address, from the GeoIP database',
    longitude Nullable(Float64) COMMENT 'of the first public address, from the GeoIP database',
    device LowCardinality(String) COMMENT 'last known: desktop, tablet, mobile, other or unknown',
    source LowCardinality(String) COMMENT 'first known channel or unknown',
    language LowCardinality(String) COMMENT 'last known primary language subtag or unknown',
    language_region LowCardinality(String) COMMENT 'region of that language tag or unknown',
    rating LowCardinality(String) COMMENT 'latest of a customer: positive, neutral, negative, unrecognised or empty',
    escalated UInt8 COMMENT '1 with at least one escalation action',
    escalation_failed UInt8 COMMENT '1 with at least one escalation action that failed',
    name String COMMENT 'always empty: titles are only in events, where they expire',
    sign Int32 COMMENT '+1 adds the row, -1 removes it; merging sums'
)
ENGINE = SummingMergeTree(sign)
PRIMARY KEY (agent_id, environment, quarter_hour, conversation_hash)
ORDER BY (
    agent_id, environment, quarter_hour, conversation_hash, conversation_id, engaged_at, visited_at,
    first_end_user_message_at, customer, country_code, region, city, latitude, longitude, device, source, language,
    language_region, rating, escalated, escalation_failed, name
)
SETTINGS
    allow_nullable_key = 1,
    non_replicated_deduplication_window = 100000,
    merge_selector_base = 16,
    min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'The facts of each conversation, as signed rows';
