-- A row is a quarter-hour in which the clock of a time zone was changed at its second minute (00:01 local time).
-- ClickHouse knows clock changes by the quarter-hour and assigns this minute to the time after the change. The views
-- therefore read such quarter-hours from events and use the offset of the minute before.
-- These are all such changes since 2000, in UTC; a test compares them with the IANA database. Read by
-- activity_in_range, engaged_conversations, local_days and the dashboard.
CREATE OR REPLACE VIEW late_clock_changes
(
    time_zone String COMMENT 'IANA name',
    quarter_hour UInt32 COMMENT 'the old time holds in its first minute'
)
AS SELECT
    arrayJoin(zones) AS time_zone,
    toUInt32(intDiv(toUnixTimestamp(toDateTime(change, 'UTC')), 900)) AS quarter_hour
FROM
(
    SELECT zone_changes.1 AS zones, arrayJoin(zone_changes.2) || ':00' AS change
    FROM
    (
        SELECT arrayJoin([
            (['America/St_Johns', 'Canada/Newfoundland'], [
                '2000-04-02 03:30', '2000-10-29 02:30', '2001-04-01 03:30', '2001-10-28 02:30', '2002-04-07 03:30',
                '2002-10-27 02:30', '2003-04-06 03:30', '2003-10-26 02:30', '2004-04-04 03:30', '2004-10-31 02:30',
                '2005-04-03 03:30', '2005-10-30 02:30', '2006-04-02 03:30', '2006-10-29 02:30', '2007-03-11 03:30',
                '2007-11-04 02:30', '2008-03-09 03:30', '2008-11-02 02:30', '2009-03-08 03:30', '2009-11-01 02:30',
                '2010-03-14 03:30', '2010-11-07 02:30', '2011-03-13 03:30'
            ]),
            (['America/Goose_Bay'], [
                '2000-04-02 04:00', '2000-10-29 03:00', '2001-04-01 04:00', '2001-10-28 03:00', '2002-04-07 04:00',
                '2002-10-27 03:00', '2003-04-06 04:00', '2003-10-26 03:00', '2004-04-04 04:00', '2004-10-31 03:00',
                '2005-04-03 04:00', '2005-10-30 03:00', '2006-04-02 04:00', '2006-10-29 03:00', '2007-03-11 04:00',
                '2007-11-04 03:00', '2008-03-09 04:00', '2008-11-02 03:00', '2009-03-08 04:00', '2009-11-01 03:00',
                '2010-03-14 04:00', '2010-11-07 03:00', '2011-03-13 04:00'
            ]),
            (['America/Moncton'], [
                '2000-04-02 04:00', '2000-10-29 03:00', '2001-04-01 04:00', '2001-10-28 03:00', '2002-04-07 04:00',
                '2002-10-27 03:00', '2003-04-06 04:00', '2003-10-26 03:00', '2004-04-04 04:00', '2004-10-31 03:00',
                '2005-04-03 04:00', '2005-10-30 03:00', '2006-04-02 04:00', '2006-10-29 03:00'
            ]),
            (['Antarctica/Casey'], [
                '2020-10-03 16:00', '2021-10-02 16:00', '2022-10-01 16:00'
            ]),
            (['Asia/Gaza'], [
                '2010-03-26 22:00', '2011-03-31 22:00'
            ]),
            (['Asia/Hebron'], [
                '2011-03-31 22:00'
            ])
        ]) AS zone_changes
    )
)
COMMENT 'Changes of the clock that do not fall on a quarter-hour, since 2000';
