-- Counts the activities of a flush by conversation and quarter-hour into activity: messages from end_user or agent,
-- actions and button clicks. `system` messages and all other events are no activity.
-- Runs once for each insert into inbox; a repeated deduplication token is dropped by the target itself.
CREATE MATERIALIZED VIEW IF NOT EXISTS activity_mv TO activity
AS SELECT
    agent_id,
    environment,
    quarter_hour,
    conversation_hash,
    countIf(sender = 'end_user') AS end_user_messages,
    countIf(sender = 'agent') AS agent_messages,
    countIf(type = 'action') AS actions,
    countIf(type = 'button') AS buttons
FROM admitted
WHERE kind = 'event' AND (type IN ('action', 'button') OR (type = 'message' AND sender IN ('end_user', 'agent')))
GROUP BY agent_id, environment, quarter_hour, conversation_hash
COMMENT 'Fills activity from admitted';
