-- A row is a signed row of session_facts whose started_at lies in the range. An unknown time zone is an error.
-- Read by the metric views, which add up sign. The quarter-hours use the primary key, the times make the range exact.
CREATE OR REPLACE VIEW started_sessions
AS SELECT
    started_at, last_activity_at, ended_at, closes_at, activities, conversation_last_activity_at,
    conversation_activities, conversation_closes_at, sign
FROM session_facts
WHERE agent_id = {agent_id:String} AND environment = {environment:String}
    AND quarter_hour >= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}), 900000)))
    AND quarter_hour <= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}), 900000)))
    AND started_at >= {since:DateTime64(3, 'UTC')} AND started_at < {until:DateTime64(3, 'UTC')}
    AND timezoneOffset(toDateTime(0, if({time_zone:String} = '', 'an empty name', {time_zone:String}))) IS NOT NULL
COMMENT 'Signed rows of the sessions started in a range; takes the five parameters of the metric views';
