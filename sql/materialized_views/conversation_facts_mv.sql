-- Writes the signed conversation facts of a flush into conversation_facts. The inbox columns device_class, source_name,
-- language_code and verdict, named for events, become device, source, language and rating here.
-- Runs once for each insert into inbox; the target drops a repeated deduplication token.
CREATE MATERIALIZED VIEW IF NOT EXISTS conversation_facts_mv TO conversation_facts
AS SELECT
    agent_id, environment, quarter_hour, conversation_hash, conversation_id, engaged_at, visited_at,
    first_end_user_message_at, customer, country_code, region, city, latitude, longitude,
    device_class AS device, source_name AS source, language_code AS language, language_region,
    verdict AS rating, escalated, escalation_failed, sign
FROM (SELECT * FROM inbox_accepted WHERE kind = 'conversation_fact')
ARRAY JOIN
    agent_id, environment, quarter_hour, conversation_hash, conversation_id, engaged_at, visited_at,
    first_end_user_message_at, customer, country_code, region, city, latitude, longitude, device_class, source_name,
    language_code, language_region, verdict, escalated, escalation_failed, sign
COMMENT 'Fills conversation_facts from inbox_accepted';
