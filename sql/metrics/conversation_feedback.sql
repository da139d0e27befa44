-- One row: the latest customer rating of each conversation engaged in the range.
-- Reads engaged_conversations.
CREATE OR REPLACE VIEW conversation_feedback
AS SELECT
    positive / nullIf(positive + neutral + negative, 0) AS satisfaction,
    toUInt64(sumIf(sign, rating = 'positive')) AS positive,
    toUInt64(sumIf(sign, rating = 'neutral')) AS neutral,
    toUInt64(sumIf(sign, rating = 'negative')) AS negative,
    toUInt64(sumIf(sign, rating = 'unrecognised')) AS unrecognised,
    toUInt64(sum(sign)) AS conversations,
    (positive + neutral + negative) / nullIf(conversations, 0) AS coverage
FROM engaged_conversations(
    agent_id = {agent_id:String}, environment = {environment:String},
    since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
)
COMMENT 'Customer ratings of the engaged conversations';
