-- A row is a signed row of conversation_facts whose engaged_at lies in the range; the metric views read it and add up
-- sign. The quarter-hours find the rows by the primary key, the times make it exact; an unknown time zone is an error.
-- local_time is engaged_at as the clock of the time zone showed it, to the second.
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
