-- A row is one session of one conversation, as it is known now.
-- A plain view over the net of session_facts, with the ids of conversation_facts; read by people. The sum of the signs
-- removes duplicates and corrections.
CREATE OR REPLACE VIEW sessions
(
    agent_id String COMMENT 'the measured agent',
    environment String COMMENT 'production unless the producer sets another one',
    conversation_id String COMMENT 'id of the conversation as sent',
    started_at DateTime64(3, 'UTC') COMMENT 'first activity',
    last_activity_at DateTime64(3, 'UTC') COMMENT 'last activity',
    ended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'the explicit end that counts for the duration, NULL when none',
    activities UInt32 COMMENT 'number of activities',
    closed UInt8 COMMENT '1 when the session is closed by the clock of ClickHouse at the time of the query',
    conversation_hash UInt64 COMMENT 'joins the session to its rows in events'
)
AS SELECT
    agent_id, environment, conversation_id, started_at, last_activity_at, ended_at, activities,
    closes_at < now64(3) AS closed, conversation_hash
FROM
(
    SELECT
        agent_id, environment, conversation_hash, started_at, last_activity_at, ended_at, closes_at, activities
    FROM session_facts
    GROUP BY ALL
    HAVING sum(sign) > 0
) AS session
INNER JOIN
(
    SELECT agent_id, environment, conversation_hash, any(conversation_id) AS conversation_id
    FROM conversation_facts
    GROUP BY agent_id, environment, conversation_hash
) AS conversation USING (agent_id, environment, conversation_hash)
COMMENT 'Every session, one true row each';
