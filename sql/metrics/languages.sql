-- One row per language: engaged conversations by their last known primary language subtag.
-- Reads engaged_conversations.
CREATE OR REPLACE VIEW languages
AS SELECT
    CAST(engaged.language, 'String') AS language,
    toUInt64(sum(sign)) AS conversations
FROM engaged_conversations(
    agent_id = {agent_id:String}, environment = {environment:String},
    since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
) AS engaged
GROUP BY engaged.language
HAVING conversations > 0
ORDER BY conversations DESC, language
COMMENT 'Engaged conversations by language';
