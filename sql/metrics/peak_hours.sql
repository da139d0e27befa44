-- 168 rows: messages by message time and conversations by engaged_at, by weekday (1 is Monday) and hour of the time
-- zone. Reads activity_in_range and engaged_conversations.
CREATE OR REPLACE VIEW peak_hours
AS SELECT weekday, hour, toUInt64(sum(cell.messages)) AS messages, toUInt64(sum(cell.conversations)) AS conversations
FROM
(
    SELECT
        toUInt8(intDiv(cell_number, 24) + 1) AS weekday, toUInt8(cell_number % 24) AS hour,
        toInt64(0) AS messages, toInt64(0) AS conversations
    FROM (SELECT arrayJoin(range(168)) AS cell_number)
    UNION ALL
    SELECT
        toDayOfWeek(local_time) AS weekday, toHour(local_time) AS hour,
        toInt64(sum(end_user_messages + agent_messages)) AS messages, toInt64(0) AS conversations
    FROM activity_in_range(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
    GROUP BY weekday, hour
    UNION ALL
    SELECT
        toDayOfWeek(local_time) AS weekday, toHour(local_time) AS hour,
        toInt64(0) AS messages, sum(sign) AS conversations
    FROM engaged_conversations(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
    GROUP BY weekday, hour
) AS cell
GROUP BY weekday, hour
ORDER BY weekday, hour
COMMENT 'Messages and engaged conversations by weekday and hour';
