-- A row is a day of the time zone's calendar that the range touches, with or without data.
-- The view looks up every half day of the range and its last millisecond, so a day that a zone skipped (30 December
-- 2011 in Samoa) has no row. Days outside 1970-01-01 to 2149-06-06 do not exist in the type Date.
-- Read by daily_overview.
CREATE OR REPLACE VIEW local_days
AS WITH
    greatest(toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}), -86400000) AS since_ms,
    least(toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}), 65537 * 86400000) AS until_ms,
    (SELECT groupArray(quarter_hour) FROM late_clock_changes WHERE time_zone = {time_zone:String}) AS late_changes,
    toInt64(floor(at_ms / 1000)) AS second,
    second >= 0 AND second % 900 < 60 AND has(late_changes, toUInt32(intDiv(greatest(second, 0), 900))) AS late,
    toDateTime(least(greatest(second - 60 * late, 0), 4294967295), {time_zone:String}) AS offset_at,
    floor((second + timezoneOffset(offset_at)) / 86400) AS day_number
SELECT DISTINCT toDate(toUInt16(day_number)) AS day
FROM
(
    SELECT arrayJoin(arrayPushBack(range(since_ms, until_ms, 43200000), until_ms - 1)) AS at_ms
)
WHERE since_ms < until_ms AND day_number BETWEEN 0 AND 65535
COMMENT 'The local days of a range; takes since, until and time_zone';
