-- One row per trimmed action name: calls by their time, failed calls, conversations that used it, and durations.
-- Reads events through their projection calls. A percentile is the nearest rank. Where level * n is whole,
-- quantilesExact takes the next value, so the levels are slightly smaller.
CREATE OR REPLACE VIEW tool_usage
AS WITH
    quantilesExact(0.499999999999, 0.899999999999, 0.949999999999, 0.989999999999)(call_duration_ms) AS percentiles
SELECT
    CAST(call_name, 'String') AS action_name,
    count() AS calls,
    countIf(failed) AS failed_calls,
    uniqExact(conversation_hash) AS conversations,
    sumKahan(call_duration_ms) / nullIf(timed_calls, 0) / 1000 AS mean_seconds,
    if(timed_calls = 0, NULL, percentiles[1] / 1000) AS p50_seconds,
    if(timed_calls = 0, NULL, percentiles[2] / 1000) AS p90_seconds,
    if(timed_calls = 0, NULL, percentiles[3] / 1000) AS p95_seconds,
    if(timed_calls = 0, NULL, percentiles[4] / 1000) AS p99_seconds,
    count(call_duration_ms) AS timed_calls,
    countIf(call_duration_ms IS NULL) AS unknown_duration_calls
FROM events
WHERE agent_id = {agent_id:String} AND environment = {environment:String}
    AND quarter_hour >= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}), 900000)))
    AND quarter_hour <= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}), 900000)))
    AND occurred_at >= {since:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')}
    AND timezoneOffset(toDateTime(0, if({time_zone:String} = '', 'an empty name', {time_zone:String}))) IS NOT NULL
    AND type = 'action'
GROUP BY call_name
ORDER BY calls DESC, action_name
COMMENT 'Calls, failures and durations of each action';
