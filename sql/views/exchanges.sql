-- A row is one burst of end_user messages with the agent message that answers it, if there is one, as it is known now.
-- A plain view over the net of exchange_facts, with the ids of conversation_facts; read by people. The sum of the signs
-- removes duplicates and corrections.
CREATE OR REPLACE VIEW exchanges
(
    agent_id String COMMENT 'the measured agent',
    environment String COMMENT 'production unless the producer sets another one',
    conversation_id String COMMENT 'id of the conversation as sent',
    asked_at DateTime64(3, 'UTC') COMMENT 'first message of the burst',
    last_asked_at DateTime64(3, 'UTC') COMMENT 'last message of the burst',
    answered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first agent message after the burst in its session, or NULL',
    unanswered UInt8 COMMENT '1 when nothing answers it and its session is closed at the time of the query',
    conversation_hash UInt64 COMMENT 'joins the exchange to its rows in events'
)
AS SELECT
    agent_id, environment, conversation_id, asked_at, last_asked_at, answered_at,
    answered_at IS NULL AND ifNull(closes_at < now64(3), false) AS unanswered, conversation_hash
FROM
(
    SELECT agent_id, environment, conversation_hash, asked_at, last_asked_at, answered_at, closes_at
    FROM exchange_facts
    GROUP BY ALL
    HAVING sum(sign) > 0
) AS exchange
INNER JOIN
(
    SELECT agent_id, environment, conversation_hash, any(conversation_id) AS conversation_id
    FROM conversation_facts
    GROUP BY agent_id, environment, conversation_hash
) AS conversation USING (agent_id, environment, conversation_hash)
COMMENT 'Every question and its answer, one true row each';
