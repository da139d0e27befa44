-- One row per language and region: engaged conversations by their last known language tag.
-- Reads engaged_conversations.
CREATE OR REPLACE VIEW language_regions
AS SELECT
    CAST(engaged.language, 'String') AS language,
    CAST(engaged.language_region, 'String') AS region,
    toUInt64(sum(sign)) AS conversations
FROM engaged_conversations(
    agent_id = {agent_id:String}, environment = {environment:String},
    since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
) AS engaged
GROUP BY engaged.language, engaged.language_region
HAVING conversations > 0
ORDER BY conversations DESC, language, region
COMMENT 'Engaged conversations by language and region';
