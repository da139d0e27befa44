-- A row is one conversation with at least one event, as it is known now.
-- A plain view over the net of conversation_facts; read by people. The sum of the signs removes duplicates and
-- corrections. Titles come from events, where they expire.
CREATE OR REPLACE VIEW conversations
(
    agent_id String COMMENT 'the measured agent',
    environment String COMMENT 'production unless the producer sets another one',
    conversation_id String COMMENT 'id of the conversation as sent',
    engaged_at Nullable(DateTime64(3, 'UTC')) COMMENT 'earliest engaging event, NULL when never engaged',
    visited_at Nullable(DateTime64(3, 'UTC')) COMMENT 'earliest visit, NULL when never visited',
    first_end_user_message_at Nullable(DateTime64(3, 'UTC')) COMMENT 'earliest end_user message, NULL when none',
    customer String COMMENT 'last known customer, empty when anonymous',
    country_code String COMMENT 'of the first public address: ISO 3166-1 alpha-2 or unknown',
    region String COMMENT 'of the first public address: English name of the last subdivision or unknown',
    city String COMMENT 'of the first public address: English name or unknown',
    latitude Nullable(Float64) COMMENT 'of the first public address, from the GeoIP database',
    longitude Nullable(Float64) COMMENT 'of the first public address, from the GeoIP database',
    device String COMMENT 'last known: desktop, tablet, mobile, other or unknown',
    source String COMMENT 'first known channel or unknown',
    language String COMMENT 'last known primary language subtag or unknown',
    language_region String COMMENT 'region of that language tag or unknown',
    rating String COMMENT 'latest customer rating: positive, neutral, negative, unrecognised, or empty when none',
    escalated UInt8 COMMENT '1 with at least one escalation action',
    escalation_failed UInt8 COMMENT '1 with at least one escalation action that failed',
    name String COMMENT 'last known title, empty when none',
    conversation_hash UInt64 COMMENT 'joins the conversation to its rows in events'
)
AS SELECT
    agent_id, environment, conversation_id, engaged_at, visited_at, first_end_user_message_at, customer, country_code,
    region, city, latitude, longitude, device, source, language, language_region, rating, escalated, escalation_failed,
    titles.title AS name, conversation_hash
FROM
(
    SELECT
        agent_id, environment, conversation_id, engaged_at, visited_at, first_end_user_message_at, customer,
        country_code, region, city, latitude, longitude, device, source, language, language_region, rating, escalated,
        escalation_failed, conversation_hash
    FROM conversation_facts
    GROUP BY ALL
    HAVING sum(sign) > 0
) AS known
LEFT JOIN
(
    SELECT conversation_hash, argMax(name, (occurred_at, event_id)) AS title
    FROM events
    WHERE name != ''
    GROUP BY conversation_hash
) AS titles USING (conversation_hash)
COMMENT 'Every conversation, one true row each';
