-- A row is the activity of one conversation at one time of the range: a whole quarter-hour (from activity, at its
-- beginning) or, where a quarter-hour has to be read from rows, one event (from events, at its own time).
-- local_time is that time as the clock of the time zone showed it, to the second. Read by the metric views, which add
-- up the counts; a conversation may have several rows for one quarter-hour.
CREATE OR REPLACE VIEW activity_in_range
AS WITH
    intDiv(toUnixTimestamp(at), 60) IN (
        SELECT quarter_hour * 15 FROM late_clock_changes WHERE time_zone = {time_zone:String}
    ) AS late,
    toDateTime(toUnixTimestamp(at) - 60 * late, {time_zone:String}) AS offset_at
SELECT
    toDateTime(toUnixTimestamp(at) + timezoneOffset(offset_at), 'UTC') AS local_time,
    conversation_hash,
    end_user_messages,
    agent_messages
FROM
(
    SELECT toDateTime(quarter_hour * 900, 'UTC') AS at, conversation_hash, end_user_messages, agent_messages
    FROM activity
    WHERE agent_id = {agent_id:String} AND environment = {environment:String}
        AND quarter_hour >= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}), 900000)))
        AND quarter_hour < toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}), 900000)))
        AND quarter_hour NOT IN (
            SELECT quarter_hour
            FROM row_quarter_hours(
                since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')},
                time_zone = {time_zone:String}
            )
        )
    UNION ALL
    SELECT
        toDateTime(occurred_at, 'UTC') AS at, conversation_hash, toUInt64(sender = 'end_user') AS end_user_messages,
        toUInt64(sender = 'agent') AS agent_messages
    FROM events
    WHERE agent_id = {agent_id:String} AND environment = {environment:String}
        AND quarter_hour IN (
            SELECT quarter_hour
            FROM row_quarter_hours(
                since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')},
                time_zone = {time_zone:String}
            )
        )
        AND occurred_at >= {since:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')}
        AND (type IN ('action', 'button') OR (type = 'message' AND sender IN ('end_user', 'agent')))
)
COMMENT 'The activity in a range, exact to the millisecond; takes the five parameters of the metric views';
