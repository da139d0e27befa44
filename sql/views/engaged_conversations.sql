-- A row is a signed row of conversation_facts whose engaged_at lies in the range; local_time is engaged_at on the clock
-- of the time zone, to the second. An unknown time zone is an error.
-- Read by the metric views, which add up sign. The quarter-hours use the primary key, the times make the range exact.
CREATE OR REPLACE VIEW engaged_conversations
AS WITH
    assumeNotNull(engaged_at) AS at,
    intDiv(toUnixTimestamp(at), 60) IN (
        SELECT quarter_hour * 15 FROM late_clock_changes WHERE time_zone = {time_zone:String}
    ) AS late,
    toDateTime(toUnixTimestamp(at) - 60 * late, {time_zone:String}) AS offset_at
SELECT
    toDateTime(toUnixTimestamp(at) + timezoneOffset(offset_at), 'UTC') AS local_time,
    country_code, region, city, latitude, longitude, device, source, language, language_region, rating, escalated,
    escalation_failed, sign
FROM conversation_facts
WHERE agent_id = {agent_id:String} AND environment = {environment:String}
    AND quarter_hour >= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}), 900000)))
    AND quarter_hour <= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}), 900000)))
    AND engaged_at >= {since:DateTime64(3, 'UTC')} AND engaged_at < {until:DateTime64(3, 'UTC')}
    AND timezoneOffset(toDateTime(0, if({time_zone:String} = '', 'an empty name', {time_zone:String}))) IS NOT NULL
COMMENT 'Signed rows of the conversations engaged in a range; takes the five parameters of the metric views';
