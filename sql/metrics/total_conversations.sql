-- One row: conversations whose engaged_at lies in the range, conversations with an activity in it, and sessions started
-- in it.
-- Reads engaged_conversations, activity_in_range and started_sessions; each gives one row.
CREATE OR REPLACE VIEW total_conversations
AS SELECT conversations, active_conversations, sessions
FROM
(
    SELECT toUInt64(sum(sign)) AS conversations
    FROM engaged_conversations(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
) AS engaged,
(
    SELECT uniqExact(conversation_hash) AS active_conversations
    FROM activity_in_range(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
) AS active,
(
    SELECT toUInt64(sum(sign)) AS sessions
    FROM started_sessions(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
) AS started
COMMENT 'Conversations engaged in the range, active in it, and sessions started in it';
