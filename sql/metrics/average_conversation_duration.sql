-- One row: the duration of sessions that started in the range, are closed and have at least two activities. Open
-- sessions and those with a single activity are counted separately. Also the same per conversation, by its first
-- activity: the fact of the first session carries the span of the conversation.
-- Reads started_sessions. Durations are grouped first: whole milliseconds up to 1,024, above that steps of a 1,024th of
-- the power of two below. A percentile is the nearest rank over the groups, each at its mean duration: less than 0.1 %
-- off, and exact where a group has one duration.
CREATE OR REPLACE VIEW average_conversation_duration
AS WITH
    state = 'measured' AS measured,
    quantilesExactWeightedIf(0.5, 0.9, 0.95, 0.99)(milliseconds / number, number, measured) AS percentiles
SELECT
    sumIf(milliseconds, measured) / nullIf(sessions, 0) / 1000 AS mean_seconds,
    if(sessions = 0, NULL, percentiles[1] / 1000) AS p50_seconds,
    if(sessions = 0, NULL, percentiles[2] / 1000) AS p90_seconds,
    if(sessions = 0, NULL, percentiles[3] / 1000) AS p95_seconds,
    if(sessions = 0, NULL, percentiles[4] / 1000) AS p99_seconds,
    sumIf(number, measured) AS sessions,
    sumIf(number, state = 'open') AS open_sessions,
    sumIf(number, state = 'single') AS single_activity_sessions,
    sum(conversation_milliseconds) / nullIf(conversations, 0) / 1000 AS conversation_mean_seconds,
    sum(duration.conversations) AS conversations
FROM
(
    WITH
        toUnixTimestamp64Milli(ifNull(ended_at, last_activity_at)) - toUnixTimestamp64Milli(started_at) AS lasted,
        ifNull(conversation_closes_at < now64(3) AND conversation_activities >= 2, false) AS spans
    SELECT
        multiIf(closes_at >= now64(3), 'open', activities < 2, 'single', 'measured') AS state,
        bitAnd(lasted, negate(greatest(1, intDiv(roundToExp2(lasted), 1024)))) AS step,
        toUInt64(sum(sign)) AS number,
        sum(sign * lasted) AS milliseconds,
        toUInt64(sumIf(sign, spans)) AS conversations,
        sumIf(
            sign * (toUnixTimestamp64Milli(conversation_last_activity_at) - toUnixTimestamp64Milli(started_at)), spans
        ) AS conversation_milliseconds
    FROM started_sessions(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
    GROUP BY state, step
    HAVING sum(sign) > 0
) AS duration
COMMENT 'Seconds that sessions and conversations lasted, by their first activity';
