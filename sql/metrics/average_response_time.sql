-- One row: the time from the first message of a burst to the agent message that answers it, by the time of that first
-- message. Under 5 ms, question and answer were tracked together: they count as not_measured and nowhere else.
-- Reads exchange_facts. Durations are grouped first: whole milliseconds up to 1,024, above that steps of a 1,024th of
-- the power of two below. A percentile is the nearest rank over the groups, each at its mean duration: less than 0.1 %
-- off, and exact where a group has one duration. -1 marks unanswered bursts.
CREATE OR REPLACE VIEW average_response_time
AS WITH
    step >= 5 AS measured,
    quantilesExactWeightedIf(0.5, 0.9, 0.95, 0.99)(milliseconds / number, number, measured) AS percentiles
SELECT
    sumIf(milliseconds, measured) / nullIf(exchanges, 0) / 1000 AS mean_seconds,
    if(exchanges = 0, NULL, percentiles[1] / 1000) AS p50_seconds,
    if(exchanges = 0, NULL, percentiles[2] / 1000) AS p90_seconds,
    if(exchanges = 0, NULL, percentiles[3] / 1000) AS p95_seconds,
    if(exchanges = 0, NULL, percentiles[4] / 1000) AS p99_seconds,
    sumIf(number, measured) AS exchanges,
    sumIf(milliseconds_from_last, measured) / nullIf(exchanges, 0) / 1000 AS mean_from_last_message_seconds,
    sumIf(number_closed, step = -1) AS unanswered,
    sumIf(number, step BETWEEN 0 AND 4) AS not_measured
FROM
(
    WITH ifNull(toUnixTimestamp64Milli(answered_at) - toUnixTimestamp64Milli(asked_at), -1) AS took
    SELECT
        bitAnd(took, negate(greatest(1, intDiv(roundToExp2(took), 1024)))) AS step,
        toUInt64(sum(sign)) AS number,
        sum(sign * took) AS milliseconds,
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
    GROUP BY step
    HAVING sum(sign) > 0
)
COMMENT 'Seconds from question to answer, over the exchanges that began in the range';
