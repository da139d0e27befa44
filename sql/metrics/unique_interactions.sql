-- One row: of the conversations whose earliest visit lies in the range, those that were ever engaged.
-- Reads conversation_facts. Its key is the time of engagement, so the query reads all conversations of the agent.
CREATE OR REPLACE VIEW unique_interactions
AS SELECT
    interactions / nullIf(visited_conversations, 0) AS rate,
    toUInt64(sumIf(sign, engaged_at IS NOT NULL)) AS interactions,
    toUInt64(sum(sign)) AS visited_conversations
FROM conversation_facts
WHERE agent_id = {agent_id:String} AND environment = {environment:String}
    AND visited_at >= {since:DateTime64(3, 'UTC')} AND visited_at < {until:DateTime64(3, 'UTC')}
    AND timezoneOffset(toDateTime(0, if({time_zone:String} = '', 'an empty name', {time_zone:String}))) IS NOT NULL
COMMENT 'Share of the visited conversations that were engaged';
