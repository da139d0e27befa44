-- Counts the activities of a flush by conversation and quarter-hour into activity: messages from end_user or agent,
-- actions and button clicks. `system` messages and all other events are no activity. What a repair puts right is added
-- to the counts; they wrap around, so what is below zero takes away.
-- Runs once for each insert into inbox; a repeated deduplication token is dropped by the target itself.
CREATE MATERIALIZED VIEW IF NOT EXISTS activity_mv TO activity
AS SELECT
    agent_id,
    environment,
    quarter_hour,
    conversation_hash,
    toUInt64(countIf(sender = 'end_user') + sum(admitted.end_user_messages)) AS end_user_messages,
    toUInt64(countIf(sender = 'agent') + sum(admitted.agent_messages)) AS agent_messages,
    toUInt64(countIf(type = 'action') + sum(admitted.actions)) AS actions,
    toUInt64(countIf(type = 'button') + sum(admitted.buttons)) AS buttons
FROM admitted
WHERE
    kind = 'activity'
    OR kind = 'event' AND (type IN ('action', 'button') OR (type = 'message' AND sender IN ('end_user', 'agent')))
GROUP BY agent_id, environment, quarter_hour, conversation_hash
COMMENT 'Fills activity from admitted';
