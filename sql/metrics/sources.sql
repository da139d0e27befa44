-- One row per channel: engaged conversations by their first known source.
-- Reads engaged_conversations.
CREATE OR REPLACE VIEW sources
AS SELECT
    CAST(engaged.source, 'String') AS source,
    toUInt64(sum(sign)) AS conversations
FROM engaged_conversations(
    agent_id = {agent_id:String}, environment = {environment:String},
    since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
) AS engaged
GROUP BY engaged.source
HAVING conversations > 0
ORDER BY conversations DESC, source
COMMENT 'Engaged conversations by source';
