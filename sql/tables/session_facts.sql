-- A row states (sign +1) or takes back (sign -1) one session of one conversation. The first session of a conversation
-- also carries the span of the whole conversation.
-- Written by session_facts_mv. Read by the metric views, the view sessions and the audit.
-- ORDER BY: the primary key serves ranges of started_at. It continues with all other columns, so that merging adds up
-- the signs of equal facts only. Merging adds up the signs of equal rows in any order of arrival, but it never
-- completes, so readers add up sign themselves.
-- The deduplication window drops a repeated flush.
CREATE TABLE IF NOT EXISTS session_facts
(
    agent_id LowCardinality(String) COMMENT 'the agent that is measured',
    environment LowCardinality(String) COMMENT 'production unless the producer says otherwise',
    quarter_hour UInt32 COMMENT 'quarter-hour of started_at',
    conversation_hash UInt64 COMMENT '64-bit hash of agent_id, environment and conversation_id',
    started_at DateTime64(3, 'UTC') COMMENT 'first activity',
    last_activity_at DateTime64(3, 'UTC') COMMENT 'last activity',
    ended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'the explicit end that counts for the duration, NULL when none',
    closes_at DateTime64(3, 'UTC') COMMENT 'closed once this has passed; 1970-01-01 00:00:00 when an end has closed it',
    activities UInt32 COMMENT 'number of activities',
    conversation_last_activity_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first session alone: of the conversation',
    conversation_activities Nullable(UInt32) COMMENT 'first session alone: number of the conversation',
    conversation_closes_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first session alone: latest of the conversation',
    sign Int32 COMMENT '+1 states, -1 takes back; merging adds up'
)
ENGINE = SummingMergeTree(sign)
PRIMARY KEY (agent_id, environment, quarter_hour, conversation_hash)
ORDER BY (
    agent_id, environment, quarter_hour, conversation_hash, started_at, last_activity_at, ended_at, closes_at,
    activities, conversation_last_activity_at, conversation_activities, conversation_closes_at
)
SETTINGS
    allow_nullable_key = 1,
    non_replicated_deduplication_window = 100000,
    merge_selector_base = 16,
    min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'The sessions of each conversation, as signed rows';
