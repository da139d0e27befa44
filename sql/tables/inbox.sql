-- A row is all rows of one kind of a flush; the kind names their target table. Each column is the array of their
-- values. Columns that the kind does not have are empty, the others have the same length.
-- Written by the worker: one flush is one block under one deduplication token. Read by inbox_accepted_mv only.
-- The columns of events are those of tables/events.sql (sql/event_columns.py puts them here). Facts, dead letters and
-- activity use columns of the same name for values of their own.
-- Rows of kind lost_event and activity come from reconciliation: events that only the table events lacks, and
-- corrections of counts.
-- Null engine: nothing is stored here, so there is no ORDER BY; every target drops repeated tokens itself.
CREATE TABLE IF NOT EXISTS inbox
(
    kind LowCardinality(String) COMMENT 'target table in the singular: event, conversation_fact, dead_letter and so on',

    topic LowCardinality(String) COMMENT 'Kafka topic of the records, and of the claim that the fence checks',
    partition UInt32 COMMENT 'Kafka partition of the records, and of the claim that the fence checks',
    log_epoch UInt64 COMMENT 'epoch of the Kafka log that the offsets belong to',
    owner_epoch UInt64 COMMENT 'epoch of the claim that the flush is written with',
    owner_id String COMMENT 'id of the worker that writes the flush',

    @EVENT_ARRAYS@,

    sign Array(Int32) COMMENT 'facts: +1 adds a fact, -1 removes it',

    engaged_at Array(Nullable(DateTime64(3, 'UTC'))) COMMENT 'conversation facts: earliest engaging event',
    visited_at Array(Nullable(DateTime64(3, 'UTC'))) COMMENT 'conversation facts: earliest visit',
    first_end_user_message_at Array(Nullable(DateTime64(3, 'UTC'))) COMMENT 'conversation facts: the earliest',
    escalated Array(UInt8) COMMENT 'conversation facts: 1 with at least one escalation action',
    escalation_failed Array(UInt8) COMMENT 'conversation facts: 1 with at least one escalation action that failed',

    last_activity_at Array(DateTime64(3, 'UTC')) COMMENT 'session facts: last activity',
    closes_at Array(Nullable(DateTime64(3, 'UTC'))) COMMENT 'session, exchange facts: closed after this time',
    activities Array(UInt32) COMMENT 'session facts: number of activities',
    conversation_last_activity_at Array(Nullable(DateTime64(3, 'UTC'))) COMMENT 'first session facts: of all',
    conversation_activities Array(Nullable(UInt32)) COMMENT 'first session facts: of all sessions',
    conversation_closes_at Array(Nullable(DateTime64(3, 'UTC'))) COMMENT 'first session facts: latest of all',

    asked_at Array(DateTime64(3, 'UTC')) COMMENT 'exchange facts: first message of the burst',
    last_asked_at Array(DateTime64(3, 'UTC')) COMMENT 'exchange facts: last message of the burst',
    answered_at Array(Nullable(DateTime64(3, 'UTC'))) COMMENT 'exchange facts: the agent message that answers',

    origin_topic Array(LowCardinality(String)) COMMENT 'dead letters: Kafka topic of the first rejected record',
    origin_partition Array(UInt32) COMMENT 'dead letters: Kafka partition of the first rejected record',
    origin_log_epoch Array(UInt64) COMMENT 'dead letters: epoch of the Kafka log that the origin''s offset belongs to',
    origin_offset Array(UInt64) COMMENT 'dead letters: Kafka offset of the first rejected record',
    status Array(LowCardinality(String)) COMMENT 'dead letters: refused, or replayed when it is an event now',
    reason Array(String) COMMENT 'dead letters: the field and what is allowed',
    reason_code Array(LowCardinality(String)) COMMENT 'dead letters: the kind of fault, from a closed set',
    raw Array(String) COMMENT 'dead letters: the bytes of the value',
    has_value Array(UInt8) COMMENT 'dead letters: 0 for a record without a value',
    key Array(String) COMMENT 'dead letters: the bytes of the key',
    has_key Array(UInt8) COMMENT 'dead letters: 0 for a record without a key',
    headers Array(Array(Tuple(String, Nullable(String)))) COMMENT 'dead letters: headers of the record',
    storage Array(LowCardinality(String)) COMMENT 'dead letters: what is stored of the record: full, hashed or dropped',
    digest Array(String) COMMENT 'dead letters: if hashed, keyed hash of the value',

    end_user_messages Array(Int64) COMMENT 'activity: change by a repair, negative to subtract',
    agent_messages Array(Int64) COMMENT 'activity: the same',
    actions Array(Int64) COMMENT 'activity: the same',
    buttons Array(Int64) COMMENT 'activity: the same'
)
ENGINE = Null
COMMENT 'Target of all inserts: a flush is one block of rows of all kinds';
