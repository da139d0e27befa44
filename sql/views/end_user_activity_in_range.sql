-- A row is a signed row of end_user_activity in the range. In the first and the last quarter-hour, only conversations
-- count whose end_user messages (from events) lie in the range. An unknown time zone is an error.
-- Read by individual_users, which adds up sign.
CREATE OR REPLACE VIEW end_user_activity_in_range
AS WITH
    toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}), 900000))) AS first,
    toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}), 900000))) AS last
SELECT customer, conversation_hash, sign
FROM end_user_activity
WHERE agent_id = {agent_id:String} AND environment = {environment:String}
    AND quarter_hour >= first AND quarter_hour <= last
    AND timezoneOffset(toDateTime(0, if({time_zone:String} = '', 'an empty name', {time_zone:String}))) IS NOT NULL
    AND (
        quarter_hour NOT IN (first, last)
        OR (quarter_hour, conversation_hash) IN (
            SELECT quarter_hour, conversation_hash
            FROM events
            WHERE agent_id = {agent_id:String} AND environment = {environment:String}
                AND quarter_hour IN (first, last)
                AND occurred_at >= {since:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')}
                AND type = 'message' AND sender = 'end_user'
        )
    )
COMMENT 'Signed rows of who wrote in a range; takes the five parameters of the metric views';
