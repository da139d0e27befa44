-- A row counts the activities of one conversation in one quarter-hour.
-- Written by activity_mv from the events of each flush. Read by the metric views for the whole quarter-hours of a
-- range; its edges come from events.
-- ORDER BY: the range of an agent is contiguous, and merging sums the counts of a conversation and quarter-hour.
-- Events are never removed one by one, so the counts need no sign. The deduplication window drops a repeated flush.
CREATE TABLE IF NOT EXISTS activity
(
    agent_id LowCardinality(String) COMMENT 'the measured agent',
    environment LowCardinality(String) COMMENT 'production unless the producer sets another one',
    quarter_hour UInt32 COMMENT 'seconds since 1970 / 900, rounded down',
    conversation_hash UInt64 COMMENT '64-bit hash of agent_id, environment and conversation_id',
    end_user_messages UInt64 COMMENT 'messages from end_user; merging sums',
    agent_messages UInt64 COMMENT 'messages from agent; merging sums',
    actions UInt64 COMMENT 'actions; merging sums',
    buttons UInt64 COMMENT 'button clicks; merging sums'
)
ENGINE = SummingMergeTree
ORDER BY (agent_id, environment, quarter_hour, conversation_hash)
SETTINGS
    non_replicated_deduplication_window = 100000,
    merge_selector_base = 16,
    min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'Activities of each conversation by quarter-hour';
