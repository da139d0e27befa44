-- A row adds (sign +1) or removes (sign -1) one session of one conversation. The first session of a conversation also
-- has the span of the whole conversation.
-- Written by session_facts_mv. Read by the metric views, the view sessions and the audit.
-- ORDER BY: the primary key serves ranges of started_at. It continues with all other columns, so that merging sums
-- the signs of equal facts only. Merging works in any order of arrival, but never completes, so readers sum the signs
-- themselves.
-- The deduplication window drops a repeated flush.
CREATE TABLE IF NOT EXISTS session_facts
(
    agent_id LowCardinality(String) COMMENT 'the measured agent',
    environment LowCardinality(String) COMMENT 'production unless the producer sets another one',
    quarter_hour UInt32 COMMENT 'quarter-hour of started_at',
    conversation_hash UInt64 COMMENT '64-bit hash of agent_id, environment and conversation_id',
    started_at DateTime64(3, 'UTC') COMMENT 'first activity',
    last_activity_at DateTime64(3, 'UTC') COMMENT 'last activity',
    ended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'the explicit end that counts for the duration, NULL when none',
    closes_at DateTime64(3, 'UTC') COMMENT 'closed after this time; 1970-01-01 00:00:00 if an explicit end closed it',
    activities UInt32 COMMENT 'number of activities',
    conversation_last_activity_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first session only: of the conversation',
    conversation_activities Nullable(UInt32) COMMENT 'first session only: number in the conversation',
    conversation_closes_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first session only: latest of the conversation',
    sign Int32 COMMENT '+1 adds the row, -1 removes it; merging sums'
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
