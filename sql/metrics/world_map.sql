-- One row per country: engaged conversations by the place of their first public address.
-- Reads engaged_conversations.
CREATE OR REPLACE VIEW world_map
AS SELECT
    CAST(engaged.country_code, 'String') AS country_code,
    toUInt64(sum(sign)) AS conversations
FROM engaged_conversations(
    agent_id = {agent_id:String}, environment = {environment:String},
    since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
) AS engaged
GROUP BY engaged.country_code
HAVING conversations > 0
ORDER BY conversations DESC, country_code
COMMENT 'Engaged conversations by country';
