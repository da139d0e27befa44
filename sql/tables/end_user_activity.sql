-- A row states (sign +1) or takes back (sign -1) that a conversation has at least one end_user message in a
-- quarter-hour, under the customer that the conversation has now.
-- Written by end_user_activity_mv; read by the metric view individual_users and by the audit.
-- ORDER BY: PRIMARY KEY for ranges of time; customer too, so that merging adds up the signs of equal rows alone, in
-- whatever order they arrive. Readers add up sign themselves: merging is never finished.
-- The deduplication window removes a repeated flush.
CREATE TABLE IF NOT EXISTS end_user_activity
(
    agent_id LowCardinality(String) COMMENT 'the agent that is measured',
    environment LowCardinality(String) COMMENT 'production unless the producer says otherwise',
    quarter_hour UInt32 COMMENT 'seconds since 1970 / 900, rounded down',
    conversation_hash UInt64 COMMENT '64-bit hash of agent_id, environment and conversation_id',
    customer String COMMENT 'last known customer of the conversation, empty when anonymous',
    sign Int32 COMMENT '+1 states, -1 takes back; merging adds up'
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
