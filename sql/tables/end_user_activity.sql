-- A row adds (sign +1) or removes (sign -1) a quarter-hour in which a conversation has at least one end_user message,
-- with the current customer of the conversation.
-- Written by end_user_activity_mv. Read by the metric view individual_users and by the audit.
-- ORDER BY: the primary key serves ranges of time. It continues with customer, so that merging sums the signs of equal
-- rows only. Merging works in any order of arrival, but never completes, so readers sum the signs themselves.
-- The deduplication window drops a repeated flush.
CREATE TABLE IF NOT EXISTS end_user_activity
(
    agent_id LowCardinality(String) COMMENT 'the measured agent',
    environment LowCardinality(String) COMMENT 'production unless the producer sets another one',
    quarter_hour UInt32 COMMENT 'seconds since 1970 / 900, rounded down',
    conversation_hash UInt64 COMMENT '64-bit hash of agent_id, environment and conversation_id',
    customer String COMMENT 'last known customer of the conversation, empty when anonymous',
    sign Int32 COMMENT '+1 adds the row, -1 removes it; merging sums'
)
ENGINE = SummingMergeTree(sign)
PRIMARY KEY (agent_id, environment, quarter_hour, conversation_hash)
ORDER BY (agent_id, environment, quarter_hour, conversation_hash, customer)
SETTINGS
    allow_nullable_key = 1,
    non_replicated_deduplication_window = 100000,
    merge_selector_base = 16,
    min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'Which customers wrote in which quarter-hour, as signed rows';
