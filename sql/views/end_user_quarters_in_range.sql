-- A row is a signed row of end_user_quarters in the range; read by individual_users, which adds up sign. In a
-- quarter-hour at the edge only conversations count whose end_user messages (from events) lie in the range.
-- An unknown time zone is an error (row_quarter_hours).
CREATE OR REPLACE VIEW end_user_quarters_in_range
AS SELECT customer, conversation_hash, sign
FROM end_user_quarters
WHERE agent_id = {agent_id:String} AND environment = {environment:String}
    AND quarter_hour >= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}), 900000)))
    AND quarter_hour <= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}), 900000)))
    AND if(
        quarter_hour IN (
            SELECT quarter_hour
            FROM row_quarter_hours(
                since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')},
                time_zone = {time_zone:String}
            )
        ),
        (quarter_hour, conversation_hash) IN (
            SELECT quarter_hour, conversation_hash
            FROM events
            WHERE agent_id = {agent_id:String} AND environment = {environment:String}
                AND quarter_hour IN (
                    SELECT quarter_hour
                    FROM row_quarter_hours(
                        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')},
                        time_zone = {time_zone:String}
                    )
                )
                AND occurred_at >= {since:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')}
                AND type = 'message' AND sender = 'end_user'
        ),
        quarter_hour < toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}), 900000)))
    )
COMMENT 'Signed rows of who wrote in a range; takes the five parameters of the metric views';
