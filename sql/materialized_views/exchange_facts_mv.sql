-- Writes the signed exchange facts of a flush into exchange_facts.
-- Runs once for each insert into inbox; the target drops a repeated deduplication token.
CREATE MATERIALIZED VIEW IF NOT EXISTS exchange_facts_mv TO exchange_facts
AS SELECT
    agent_id, environment, quarter_hour, conversation_hash, asked_at, last_asked_at, answered_at, closes_at,
    sign
FROM (SELECT * FROM inbox_accepted WHERE kind = 'exchange_fact')
ARRAY JOIN
    agent_id, environment, quarter_hour, conversation_hash, asked_at, last_asked_at, answered_at, closes_at, sign
COMMENT 'Fills exchange_facts from inbox_accepted';
