-- Carries the signed end-user quarters of a flush into end_user_quarters.
-- Runs once for each insert into inbox; a repeated deduplication token is dropped by the target itself.
CREATE MATERIALIZED VIEW IF NOT EXISTS end_user_quarters_mv TO end_user_quarters
AS SELECT
    agent_id, environment, quarter_hour, conversation_hash, customer, sign
FROM (SELECT * FROM admitted WHERE kind = 'end_user_quarter')
ARRAY JOIN
    agent_id, environment, quarter_hour, conversation_hash, customer, sign
COMMENT 'Fills end_user_quarters from admitted';
