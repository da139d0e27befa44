-- A row is the activity of one conversation at one time of the range. That is a whole quarter-hour (from activity, at
-- its start), or one event (from events, at its own time) where a sum would not be exact: in the first and last
-- quarter-hour of the range, and where the clock of the time zone changed at the second minute.
-- local_time is that time on the clock of the time zone, to the second. A conversation may have several rows for one
-- quarter-hour. An unknown time zone is an error.
-- Read by the metric views, which add up the counts. The conditions that choose quarter-hours are constant, so they
-- cost no query of their own.
CREATE OR REPLACE VIEW activity_in_range
AS WITH
    toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}), 900000))) AS first,
    toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}), 900000))) AS last,
    (SELECT groupArray(quarter_hour) FROM late_clock_changes WHERE time_zone = {time_zone:String}) AS late_changes,
    toUnixTimestamp(at) AS second,
    second % 900 < 60 AND has(late_changes, intDiv(second, 900)) AS late,
    toDateTime(second - 60 * late, {time_zone:String}) AS offset_at
SELECT
    toDateTime(second + timezoneOffset(offset_at), 'UTC') AS local_time,
    conversation_hash,
    end_user_messages,
    agent_messages
FROM
(
    SELECT toDateTime(quarter_hour * 900, 'UTC') AS at, conversation_hash, end_user_messages, agent_messages
    FROM activity
    WHERE agent_id = {agent_id:String} AND environment = {environment:String}
        AND quarter_hour > first AND quarter_hour < last AND NOT has(late_changes, quarter_hour)
        AND timezoneOffset(toDateTime(0, if({time_zone:String} = '', 'an empty name', {time_zone:String}))) IS NOT NULL
    UNION ALL
    SELECT
        toDateTime(occurred_at, 'UTC') AS at, conversation_hash, toUInt64(sender = 'end_user') AS end_user_messages,
        toUInt64(sender = 'agent') AS agent_messages
    FROM events
    WHERE agent_id = {agent_id:String} AND environment = {environment:String}
        AND quarter_hour IN arrayConcat([first, last], late_changes)
        AND occurred_at >= {since:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')}
        AND (type IN ('action', 'button') OR (type = 'message' AND sender IN ('end_user', 'agent')))
)
COMMENT 'The activity in a range, exact to the millisecond; takes the five parameters of the metric views';
