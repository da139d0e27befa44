-- One row per place, coordinates included: engaged conversations by the place of their first public address.
-- Reads engaged_conversations.
CREATE OR REPLACE VIEW world_map_places
AS SELECT
    CAST(engaged.country_code, 'String') AS country_code,
    CAST(engaged.region, 'String') AS region,
    CAST(engaged.city, 'String') AS city,
    engaged.latitude AS latitude,
    engaged.longitude AS longitude,
    toUInt64(sum(sign)) AS conversations
FROM engaged_conversations(
    agent_id = {agent_id:String}, environment = {environment:String},
    since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
) AS engaged
GROUP BY engaged.country_code, engaged.region, engaged.city, engaged.latitude, engaged.longitude
HAVING conversations > 0
ORDER BY conversations DESC, country_code, region, city, latitude, longitude
COMMENT 'Engaged conversations by place';
