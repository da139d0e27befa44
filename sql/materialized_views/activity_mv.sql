-- Counts the activities of a flush by conversation and quarter-hour into activity: messages from end_user or agent,
-- actions and button clicks. `system` messages and all other events are no activity.
-- Reconciliation adds corrections to the counts, in columns that events do not have. The counts wrap around, so a
-- correction below zero subtracts.
-- Runs once for each insert into inbox; the target drops a repeated deduplication token.
CREATE MATERIALIZED VIEW IF NOT EXISTS activity_mv TO activity
AS SELECT
    agent_id,
    environment,
    quarter_hour,
    conversation_hash,
    toUInt64(countIf(sender = 'end_user') + sum(more_end_user_messages)) AS end_user_messages,
    toUInt64(countIf(sender = 'agent') + sum(more_agent_messages)) AS agent_messages,
    toUInt64(countIf(type = 'action') + sum(more_actions)) AS actions,
    toUInt64(countIf(type = 'button') + sum(more_buttons)) AS buttons
FROM
(
    SELECT
        *,
        arrayResize(inbox_accepted.end_user_messages, length(agent_id)) AS more_end_user_messages,
        arrayResize(inbox_accepted.agent_messages, length(agent_id)) AS more_agent_messages,
        arrayResize(inbox_accepted.actions, length(agent_id)) AS more_actions,
        arrayResize(inbox_accepted.buttons, length(agent_id)) AS more_buttons
    FROM inbox_accepted
    WHERE kind IN ('event', 'activity')
)
ARRAY JOIN
    agent_id, environment, quarter_hour, conversation_hash, type, sender, more_end_user_messages,
    more_agent_messages, more_actions, more_buttons
WHERE kind = 'activity' OR type IN ('action', 'button') OR (type = 'message' AND sender IN ('end_user', 'agent'))
GROUP BY agent_id, environment, quarter_hour, conversation_hash
COMMENT 'Fills activity from inbox_accepted';
