-- A row adds (sign +1) or removes (sign -1) one burst of end_user messages with the agent message that answers it, if
-- there is one.
-- Written by exchange_facts_mv. Read by the metric views, the view exchanges and the audit.
-- ORDER BY: the primary key serves ranges of asked_at. It continues with all other columns, so that merging sums the
-- signs of equal facts only. Merging works in any order of arrival, but never completes, so readers sum the signs
-- themselves.
-- The deduplication window drops a repeated flush.
CREATE TABLE IF NOT EXISTS exchange_facts
(
    agent_id LowCardinality(String) COMMENT 'the measured agent',
    environment LowCardinality(String) COMMENT 'production unless the producer sets another one',
    quarter_hour UInt32 COMMENT 'quarter-hour of asked_at',
    conversation_hash UInt64 COMMENT '64-bit hash of agent_id, environment and conversation_id',
    asked_at DateTime64(3, 'UTC') COMMENT 'first message of the burst',
    last_asked_at DateTime64(3, 'UTC') COMMENT 'last message of the burst',
    answered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first agent message after it in its session, NULL when none',
    closes_at Nullable(DateTime64(3, 'UTC')) COMMENT 'only if unanswered: closes_at of its session',
    sign Int32 COMMENT '+1 adds the row, -1 removes it; merging sums'
)
ENGINE = SummingMergeTree(sign)
PRIMARY KEY (agent_id, environment, quarter_hour, conversation_hash)
ORDER BY (
    agent_id, environment, quarter_hour, conversation_hash, asked_at, last_asked_at, answered_at, closes_at
)
SETTINGS
    allow_nullable_key = 1,
    non_replicated_deduplication_window = 100000,
    merge_selector_base = 16,
    min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'Questions and their answers, as signed rows';
