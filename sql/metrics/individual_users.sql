-- One row: the customers (as last known) of conversations with an end_user message in the range, those whose first
-- end_user message ever lies in it, the others, and the conversations without a customer.
-- Reads end_user_activity_in_range, and conversation_facts to find customers with a message before the range, who are
-- returning ones.
CREATE OR REPLACE VIEW individual_users
AS WITH
    customer != '' AS known,
    customer IN (
        SELECT customer
        FROM conversation_facts
        WHERE agent_id = {agent_id:String} AND environment = {environment:String}
            AND customer != '' AND first_end_user_message_at < {since:DateTime64(3, 'UTC')}
        GROUP BY customer
        HAVING sum(sign) > 0
    ) AS wrote_before
SELECT
    uniqExactIf(customer, known) AS users,
    uniqExactIf(customer, known AND NOT wrote_before) AS new_users,
    uniqExactIf(customer, known AND wrote_before) AS returning_users,
    uniqExactIf(conversation_hash, NOT known) AS anonymous_conversations
FROM
(
    SELECT customer, conversation_hash
    FROM end_user_activity_in_range(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
    GROUP BY customer, conversation_hash
    HAVING sum(sign) > 0
)
COMMENT 'Distinct customers who wrote in the range, new and returning, and anonymous conversations';
