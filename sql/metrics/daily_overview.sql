-- One row per local day that the range touches: messages, conversations active that day, conversations engaged.
-- Reads local_days (for the days, including empty ones), activity_in_range and engaged_conversations.
CREATE OR REPLACE VIEW daily_overview
AS SELECT
    day,
    toUInt64(sum(part.messages)) AS messages,
    toUInt64(sum(part.active_conversations)) AS active_conversations,
    toUInt64(sum(part.new_conversations)) AS new_conversations
FROM
(
    SELECT day, toInt64(0) AS messages, toInt64(0) AS active_conversations, toInt64(0) AS new_conversations
    FROM local_days(
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
    UNION ALL
    SELECT
        toDate(local_time) AS day, toInt64(sum(end_user_messages + agent_messages)) AS messages,
        toInt64(uniqExact(conversation_hash)) AS active_conversations, toInt64(0) AS new_conversations
    FROM activity_in_range(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
    GROUP BY day
    UNION ALL
    SELECT
        toDate(local_time) AS day, toInt64(0) AS messages,
        toInt64(0) AS active_conversations, sum(sign) AS new_conversations
    FROM engaged_conversations(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
    GROUP BY day
) AS part
GROUP BY day
ORDER BY day
COMMENT 'Messages, active and new conversations by local day';
