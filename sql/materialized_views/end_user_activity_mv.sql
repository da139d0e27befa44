-- Writes the signed end-user activity of a flush into end_user_activity.
-- Runs once for each insert into inbox; the target drops a repeated deduplication token.
CREATE MATERIALIZED VIEW IF NOT EXISTS end_user_activity_mv TO end_user_activity
AS SELECT
    agent_id, environment, quarter_hour, conversation_hash, customer, sign
FROM (SELECT * FROM inbox_accepted WHERE kind = 'end_user_activity')
ARRAY JOIN
    agent_id, environment, quarter_hour, conversation_hash, customer, sign
COMMENT 'Fills end_user_activity from inbox_accepted';
