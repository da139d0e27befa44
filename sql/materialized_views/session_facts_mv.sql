-- Writes the signed session facts of a flush into session_facts.
-- Runs once for each insert into inbox; the target drops a repeated deduplication token.
CREATE MATERIALIZED VIEW IF NOT EXISTS session_facts_mv TO session_facts
AS SELECT
    agent_id, environment, quarter_hour, conversation_hash, started_at, last_activity_at, ended_at, closes_at,
    activities, conversation_last_activity_at, conversation_activities, conversation_closes_at, sign
FROM (SELECT * FROM inbox_accepted WHERE kind = 'session_fact')
ARRAY JOIN
    agent_id, environment, quarter_hour, conversation_hash, started_at, last_activity_at, ended_at, closes_at,
    activities, conversation_last_activity_at, conversation_activities, conversation_closes_at, sign
COMMENT 'Fills session_facts from inbox_accepted';
