-- One row per device: engaged conversations by their last known device.
-- Reads engaged_conversations.
CREATE OR REPLACE VIEW device_usage
AS SELECT
    CAST(engaged.device, 'String') AS device,
    toUInt64(sum(sign)) AS conversations
FROM engaged_conversations(
    agent_id = {agent_id:String}, environment = {environment:String},
    since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
) AS engaged
GROUP BY engaged.device
HAVING conversations > 0
ORDER BY conversations DESC, device
COMMENT 'Engaged conversations by device';
