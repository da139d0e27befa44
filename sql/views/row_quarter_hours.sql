-- A row is a quarter-hour that has to be read from rows, because a sum over it says too little: the range begins or
-- ends inside it, or the time zone's clock was changed inside it. An unknown time zone is an error.
-- Read by activity_in_range and end_user_quarters_in_range.
CREATE OR REPLACE VIEW row_quarter_hours
AS SELECT toUInt32(intDiv(edge, 900000)) AS quarter_hour
FROM
(
    SELECT arrayJoin([
        toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}), toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')})
    ]) AS edge
)
WHERE edge > 0 AND edge % 900000 != 0
    AND timezoneOffset(toDateTime(0, if({time_zone:String} = '', 'an empty name', {time_zone:String}))) IS NOT NULL
UNION ALL
SELECT quarter_hour
FROM late_clock_changes
WHERE time_zone = {time_zone:String}
COMMENT 'The quarter-hours of a range that are read from rows; takes since, until and time_zone';
