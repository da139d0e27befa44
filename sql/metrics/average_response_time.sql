-- One row: the time from the first message of a burst to the agent message that answers it, by the time of that first
-- message. Under 5 ms question and answer were tracked together: counted as not_measured, left out of all the rest.
-- Reads exchange_facts. Facts of one duration are added up first; a percentile is the nearest rank over the durations,
-- each as often as it occurs.
CREATE OR REPLACE VIEW average_response_time
AS WITH
    ifNull(milliseconds >= 5, false) AS measured,
    quantilesExactWeightedIf(0.5, 0.9, 0.95, 0.99)(ifNull(milliseconds, 0), number, measured) AS percentiles
SELECT
    sumIf(milliseconds * number, measured) / nullIf(exchanges, 0) / 1000 AS mean_seconds,
    if(exchanges = 0, NULL, percentiles[1] / 1000) AS p50_seconds,
    if(exchanges = 0, NULL, percentiles[2] / 1000) AS p90_seconds,
    if(exchanges = 0, NULL, percentiles[3] / 1000) AS p95_seconds,
    if(exchanges = 0, NULL, percentiles[4] / 1000) AS p99_seconds,
    sumIf(number, measured) AS exchanges,
    sumIf(milliseconds_from_last, measured) / nullIf(exchanges, 0) / 1000 AS mean_from_last_message_seconds,
    sumIf(number_closed, milliseconds IS NULL) AS unanswered,
    sumIf(number, milliseconds < 5) AS not_measured
FROM
(
    SELECT
        toUnixTimestamp64Milli(answered_at) - toUnixTimestamp64Milli(asked_at) AS milliseconds,
        toUInt64(sum(sign)) AS number,
        sum(
            sign * (toUnixTimestamp64Milli(answered_at) - toUnixTimestamp64Milli(last_asked_at))
        ) AS milliseconds_from_last,
        toUInt64(sumIf(sign, closes_at < now64(3))) AS number_closed
    FROM exchange_facts
    WHERE agent_id = {agent_id:String} AND environment = {environment:String}
        AND quarter_hour >= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}), 900000)))
        AND quarter_hour <= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}), 900000)))
        AND asked_at >= {since:DateTime64(3, 'UTC')} AND asked_at < {until:DateTime64(3, 'UTC')}
        AND timezoneOffset(toDateTime(0, if({time_zone:String} = '', 'an empty name', {time_zone:String}))) IS NOT NULL
    GROUP BY milliseconds
    HAVING sum(sign) > 0
)
COMMENT 'Seconds from question to answer, over the exchanges that began in the range';
