-- One row: of the conversations engaged in the range, those with at least one escalation action, whenever it happened.
-- Reads engaged_conversations.
CREATE OR REPLACE VIEW human_escalation_rate
AS SELECT
    escalated_conversations / nullIf(conversations, 0) AS rate,
    toUInt64(sumIf(sign, escalated)) AS escalated_conversations,
    toUInt64(sum(sign)) AS conversations,
    toUInt64(sumIf(sign, escalated AND escalation_failed)) AS failed_escalations
FROM engaged_conversations(
    agent_id = {agent_id:String}, environment = {environment:String},
    since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
)
COMMENT 'Share of the engaged conversations that were handed to a human';
