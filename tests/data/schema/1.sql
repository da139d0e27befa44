-- A row is one claim of one partition by one worker; it is never changed or taken back.
-- Written by a worker (or a maintenance command) before it reads the range log; read by the fence in
-- admitted_mv and ranges_mv at every insert. The latest claim is the greatest (owner_epoch, owner_id). The latest
-- layout of a topic is the greatest (layout, partitions): who has claimed under another one divides the conversations
-- among the partitions otherwise, and is refused too.
-- ORDER BY: all claims of a partition stand together, the latest last. Nothing removes rows: they are few.
CREATE TABLE IF NOT EXISTS owners
(
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    owner_epoch UInt64 COMMENT 'one above the highest epoch that the claimant saw',
    owner_id String COMMENT 'identity of the claimant; decides between two claims of one epoch',
    layout UInt64 COMMENT 'grows whenever a claimant finds another number of partitions than the claims before',
    partitions UInt32 COMMENT 'how many partitions the topic has, as the claimant sees it',
    claimed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when the claim was written, by the clock of ClickHouse',
    lease_until Nullable(DateTime64(3, 'UTC')) COMMENT 'for claims of maintenance: workers stay away until then',
    released UInt8 DEFAULT 0 COMMENT '1 when the claimant has let go'
)
ENGINE = MergeTree
ORDER BY (topic, partition, owner_epoch)
COMMENT 'Claims of partitions: the fence lets only the latest claimant of a partition write';

-- A row says that one flush (the records first to last of one partition) was begun, or, with confirmed = 1, that
-- it is known to have landed. Written by the worker through range_inbox, before the flush itself; read by the
-- worker at assignment (where to go on, what to replay) and by the audit.
-- ORDER BY: the latest range of a partition is the highest owner_epoch, then the highest first.
-- The deduplication window removes a repeated insert of the same row.
CREATE TABLE IF NOT EXISTS ranges
(
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    log_epoch UInt64 COMMENT 'which life of the Kafka log the offsets belong to',
    owner_epoch UInt64 COMMENT 'epoch of the claim under which the flush was made',
    owner_id String COMMENT 'identity of the worker that made the flush',
    first UInt64 COMMENT 'offset of the first record of the flush',
    last UInt64 COMMENT 'offset of the last record of the flush, inclusive',
    rows UInt32 COMMENT 'rows of the block, of all kinds',
    partitions UInt32 COMMENT 'how many partitions the topic had when the rows were made',
    fold_version String COMMENT 'version of the derivation that made the facts of this flush',
    last_record_time DateTime64(3, 'UTC') COMMENT 'Kafka timestamp of the record at last: shows a replaced log',
    last_record_hash UInt64 COMMENT 'hash of the record at last: shows a replaced log',
    confirmed UInt8 COMMENT '1 when the flush is known to have landed',
    written_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when the row was written, by the clock of ClickHouse'
)
ENGINE = MergeTree
ORDER BY (topic, partition, owner_epoch, first)
SETTINGS
    non_replicated_deduplication_window = 100000,
    min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'The range log: which offsets of each partition have been written';

-- A row is a row of the range log on its way in; nothing is stored here.
-- Written by the worker; read by ranges_mv alone, which lets the latest claimant of the partition through.
-- Null engine: no ORDER BY, nothing to remove.
CREATE TABLE IF NOT EXISTS range_inbox AS ranges
ENGINE = Null
COMMENT 'The way into the range log, past the fence';

-- A row is all rows that a flush brings of one kind, which names their target table: each column is the array of their
-- values. Columns that the kind does not have are empty; those that it has are of one length.
-- Written by the worker: one flush is one block under one deduplication token. Read by admitted_mv alone.
-- Rows of kind lost_event and activity come of repairs: events that events alone lacks, and counts to be put right.
-- Null engine: nothing is stored here, so there is no ORDER BY; every target removes repeated tokens itself.
CREATE TABLE IF NOT EXISTS inbox
(
    kind LowCardinality(String) COMMENT 'target table in the singular: event, conversation_fact, dead_letter and so on',

    topic LowCardinality(String) COMMENT 'Kafka topic of the records, and of the claim that the fence checks',
    partition UInt32 COMMENT 'Kafka partition of the records, and of the claim that the fence checks',
    log_epoch UInt64 COMMENT 'which life of the Kafka log the offsets belong to',
    offset Array(UInt64) COMMENT 'events, dead letters: Kafka offset of the record',
    owner_epoch UInt64 COMMENT 'epoch of the claim under which the flush is made',
    owner_id String COMMENT 'identity of the worker that makes the flush',

    agent_id Array(LowCardinality(String)) COMMENT 'the agent that is measured',
    environment Array(LowCardinality(String)) COMMENT 'production unless the producer says otherwise',
    quarter_hour Array(UInt32) COMMENT 'seconds since 1970 / 900, rounded down; of which time depends on the kind',
    conversation_hash Array(UInt64) COMMENT '64-bit hash of agent_id, environment and conversation_id',
    conversation_id Array(String) COMMENT 'events, conversation facts: id of the conversation as sent',
    sign Array(Int32) COMMENT 'facts: +1 states a fact, -1 takes it back',

    event_id Array(String) COMMENT 'events: identity within the conversation, in lower case',
    type Array(LowCardinality(String)) COMMENT 'events: type of the event',
    schema_version Array(UInt8) COMMENT 'events: version of the event contract',
    occurred_at Array(DateTime64(3, 'UTC')) COMMENT 'events: when it happened',
    received_at Array(DateTime64(3, 'UTC')) COMMENT 'events, dead letters: when Kafka received it, or its origin',
    repaired Array(Array(LowCardinality(String))) COMMENT 'events: fields that could not be read and count as unknown',
    customer_id Array(String) COMMENT 'events: as sent',
    customer_ip_address Array(String) COMMENT 'events: as the address setting stores it',
    device Array(String) COMMENT 'events: as sent',
    source Array(String) COMMENT 'events: as sent',
    language Array(String) COMMENT 'events: as sent',
    name Array(String) COMMENT 'events: title of the conversation as sent; conversation facts: the title that holds',
    sender Array(LowCardinality(String)) COMMENT 'messages: end_user, agent or system',
    content Array(String) COMMENT 'messages: as the content setting stores it',
    attachments Array(String) COMMENT 'messages: JSON list as sent',
    action_name Array(String) COMMENT 'actions: as sent',
    started_at Array(Nullable(DateTime64(3, 'UTC'))) COMMENT 'actions: start as sent; session facts: first activity',
    ended_at Array(Nullable(DateTime64(3, 'UTC'))) COMMENT 'actions: end as sent; session facts: the end that counts',
    duration_ms Array(Nullable(Float64)) COMMENT 'actions: as sent',
    tools_used Array(String) COMMENT 'actions: JSON object as sent',
    response Array(String) COMMENT 'actions: as sent',
    error_message Array(String) COMMENT 'actions: as sent',
    button_event Array(String) COMMENT 'buttons: as sent',
    label Array(String) COMMENT 'buttons: as sent',
    value Array(String) COMMENT 'buttons: as sent',
    rating Array(String) COMMENT 'feedback: JSON as sent',
    comment Array(String) COMMENT 'feedback: as sent',
    rated_by Array(LowCardinality(String)) COMMENT 'feedback: customer or staff',
    prompt_tokens Array(Nullable(UInt64)) COMMENT 'token usage: as sent',
    completion_tokens Array(Nullable(UInt64)) COMMENT 'token usage: as sent',
    total_tokens Array(Nullable(UInt64)) COMMENT 'token usage: as sent',
    embedding_tokens Array(Nullable(UInt64)) COMMENT 'token usage: as sent',
    model Array(LowCardinality(String)) COMMENT 'token usage: as sent',
    metadata Array(String) COMMENT 'events: JSON object as sent',
    extra Array(String) COMMENT 'events: JSON object of the fields that the type does not list',

    customer Array(String) COMMENT 'events, conversation facts, end-user quarters: the known customer, empty when none',
    has_public_address Array(UInt8) COMMENT 'events: 1 when the address was public, known to the database or not',
    country_code Array(LowCardinality(String)) COMMENT 'events, conversation facts: ISO 3166-1 alpha-2 or unknown',
    region Array(LowCardinality(String)) COMMENT 'events, conversation facts: of the last subdivision, or unknown',
    city Array(LowCardinality(String)) COMMENT 'events, conversation facts: English name, or unknown',
    latitude Array(Nullable(Float64)) COMMENT 'events, conversation facts: of the place, as the database gives it',
    longitude Array(Nullable(Float64)) COMMENT 'events, conversation facts: of the place, as the database gives it',
    device_class Array(LowCardinality(String)) COMMENT 'events, conversation facts (then unknown for empty): see there',
    source_name Array(LowCardinality(String)) COMMENT 'events, conversation facts (then unknown for empty): see there',
    language_code Array(LowCardinality(String)) COMMENT 'events, conversation facts (then unknown for empty): subtag',
    language_region Array(LowCardinality(String)) COMMENT 'events, conversation facts (then unknown for empty)',
    verdict Array(LowCardinality(String)) COMMENT 'events, conversation facts: what the rating says, or empty',
    failed Array(UInt8) COMMENT 'events: 1 for an action with an error message that is not blank',
    call_name Array(LowCardinality(String)) COMMENT 'events: trimmed name of the action',
    call_duration_ms Array(Nullable(Float64)) COMMENT 'events: how long the action took, NULL when unknown',

    engaged_at Array(Nullable(DateTime64(3, 'UTC'))) COMMENT 'conversation facts: earliest engaging event',
    visited_at Array(Nullable(DateTime64(3, 'UTC'))) COMMENT 'conversation facts: earliest visit',
    first_end_user_message_at Array(Nullable(DateTime64(3, 'UTC'))) COMMENT 'conversation facts: the earliest',
    escalated Array(UInt8) COMMENT 'conversation facts: 1 with at least one escalation action',
    escalation_failed Array(UInt8) COMMENT 'conversation facts: 1 with at least one escalation action that failed',

    last_activity_at Array(DateTime64(3, 'UTC')) COMMENT 'session facts: last activity',
    closes_at Array(Nullable(DateTime64(3, 'UTC'))) COMMENT 'session, exchange facts: closed once this has passed',
    activities Array(UInt32) COMMENT 'session facts: number of activities',
    conversation_last_activity_at Array(Nullable(DateTime64(3, 'UTC'))) COMMENT 'first session facts: of all',
    conversation_activities Array(Nullable(UInt32)) COMMENT 'first session facts: of all sessions',
    conversation_closes_at Array(Nullable(DateTime64(3, 'UTC'))) COMMENT 'first session facts: latest of all',

    asked_at Array(DateTime64(3, 'UTC')) COMMENT 'exchange facts: first message of the burst',
    last_asked_at Array(DateTime64(3, 'UTC')) COMMENT 'exchange facts: last message of the burst',
    answered_at Array(Nullable(DateTime64(3, 'UTC'))) COMMENT 'exchange facts: the agent message that answers',

    origin_topic Array(LowCardinality(String)) COMMENT 'dead letters: Kafka topic of the record that was refused first',
    origin_partition Array(UInt32) COMMENT 'dead letters: Kafka partition of the record that was refused first',
    origin_log_epoch Array(UInt64) COMMENT 'dead letters: which life of the Kafka log the origin''s offset belongs to',
    origin_offset Array(UInt64) COMMENT 'dead letters: Kafka offset of the record that was refused first',
    status Array(LowCardinality(String)) COMMENT 'dead letters: refused, or replayed when it is an event now',
    reason Array(String) COMMENT 'dead letters: what is wrong, naming the field and what is allowed',
    reason_code Array(LowCardinality(String)) COMMENT 'dead letters: the kind of fault, from a closed set',
    raw Array(String) COMMENT 'dead letters: the bytes of the value',
    has_value Array(UInt8) COMMENT 'dead letters: 0 for a record without a value',
    key Array(String) COMMENT 'dead letters: the bytes of the key',
    has_key Array(UInt8) COMMENT 'dead letters: 0 for a record without a key',
    headers Array(Array(Tuple(String, Nullable(String)))) COMMENT 'dead letters: headers of the record',

    end_user_messages Array(Int64) COMMENT 'activity: what a repair adds, or takes away when below 0',
    agent_messages Array(Int64) COMMENT 'activity: the same',
    actions Array(Int64) COMMENT 'activity: the same',
    buttons Array(Int64) COMMENT 'activity: the same'
)
ENGINE = Null
COMMENT 'The one way in: a flush is one block of rows of all kinds';

-- A row is a row of inbox that has passed the fence; nothing is stored here.
-- Written by admitted_mv; read by the views that fill the targets, each taking the rows of its kind.
-- Null engine: no ORDER BY; every target removes repeated tokens itself.
CREATE TABLE IF NOT EXISTS admitted AS inbox
ENGINE = Null
COMMENT 'What the fence has let through, on its way to the targets';

-- A row is one valid event, the first that came with its event_id in its conversation, with what was derived from it.
-- Written by events_mv; read by the worker (to derive a conversation again), by the metric views (tools, and the
-- edges of a range) and by people.
-- ORDER BY: a range of one agent is one stretch, and inside a quarter-hour a conversation stands together; the
-- bloom filter finds all of one conversation. By month of receipt: late events never reopen an old partition.
-- PROJECTION: the calls of one agent are one stretch as well, a fifth of what tool_usage would read without it.
-- The worker drops repeated event_ids; the deduplication window removes a repeated flush.
-- A flush is one file, not two for each column, which halves what writing it costs; merged parts are wide.
CREATE TABLE IF NOT EXISTS events
(
    agent_id LowCardinality(String) COMMENT 'the agent that is measured',
    environment LowCardinality(String) COMMENT 'production unless the producer says otherwise',
    quarter_hour UInt32 COMMENT 'quarter-hour of occurred_at: seconds since 1970 / 900, rounded down',
    conversation_hash UInt64 COMMENT '64-bit hash of agent_id, environment and conversation_id',
    conversation_id String COMMENT 'id of the conversation as sent',
    event_id String COMMENT 'identity within the conversation, in lower case',
    type LowCardinality(String) COMMENT 'type of the event',
    schema_version UInt8 COMMENT 'version of the event contract',
    occurred_at DateTime64(3, 'UTC') COMMENT 'when it happened; when received where the producer was out of range',
    received_at DateTime64(3, 'UTC') COMMENT 'when Kafka received the record',
    repaired Array(LowCardinality(String)) COMMENT 'fields that could not be read and count as unknown',

    customer_id String COMMENT 'visits, engagements: as sent',
    customer_ip_address String COMMENT 'visits, engagements: truncated, whole or empty, by setting',
    device String COMMENT 'visits, engagements: as sent',
    source String COMMENT 'visits, engagements: as sent',
    language String COMMENT 'visits, engagements: as sent',
    name String COMMENT 'visits, engagements: title of the conversation as sent',
    sender LowCardinality(String) COMMENT 'messages: end_user, agent or system',
    content String COMMENT 'messages: whole, hashed or empty, by setting',
    attachments String COMMENT 'messages: JSON list as sent',
    action_name String COMMENT 'actions: as sent',
    started_at Nullable(DateTime64(3, 'UTC')) COMMENT 'actions: start of the call as sent',
    ended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'actions: end of the call as sent',
    duration_ms Nullable(Float64) COMMENT 'actions: as sent',
    tools_used String COMMENT 'actions: JSON object as sent',
    response String COMMENT 'actions: as sent',
    error_message String COMMENT 'actions: as sent',
    button_event String COMMENT 'buttons: as sent',
    label String COMMENT 'buttons: as sent',
    value String COMMENT 'buttons: as sent',
    rating String COMMENT 'feedback: JSON as sent',
    comment String COMMENT 'feedback: as sent',
    rated_by LowCardinality(String) COMMENT 'feedback: customer or staff',
    prompt_tokens Nullable(UInt64) COMMENT 'token usage: as sent',
    completion_tokens Nullable(UInt64) COMMENT 'token usage: as sent',
    total_tokens Nullable(UInt64) COMMENT 'token usage: as sent',
    embedding_tokens Nullable(UInt64) COMMENT 'token usage: as sent',
    model LowCardinality(String) COMMENT 'token usage: as sent',
    metadata String COMMENT 'JSON object as sent',
    extra String COMMENT 'JSON object of the fields that the type does not list',

    customer String COMMENT 'derived: the customer when customer_id is one, else empty',
    has_public_address UInt8 COMMENT 'derived: 1 when the address was public, known to the database or not',
    country_code LowCardinality(String) COMMENT 'derived: ISO 3166-1 alpha-2, unknown, or empty without an address',
    region LowCardinality(String) COMMENT 'derived: English name of the last subdivision, unknown, or empty',
    city LowCardinality(String) COMMENT 'derived: English name, unknown, or empty',
    latitude Nullable(Float64) COMMENT 'derived: as the database gives it',
    longitude Nullable(Float64) COMMENT 'derived: as the database gives it',
    device_class LowCardinality(String) COMMENT 'derived: desktop, tablet, mobile, other, or empty when not known',
    source_name LowCardinality(String) COMMENT 'derived: trimmed and in lower case, or empty when not known',
    language_code LowCardinality(String) COMMENT 'derived: primary subtag, or empty when not known',
    language_region LowCardinality(String) COMMENT 'derived: region in capitals, or empty when the tag had none',
    verdict LowCardinality(String) COMMENT 'derived: positive, neutral, negative, unrecognised, empty for no rating',
    failed UInt8 COMMENT 'derived: 1 for an action with an error message that is not blank',
    call_name LowCardinality(String) COMMENT 'derived: trimmed name of the action',
    call_duration_ms Nullable(Float64) COMMENT 'derived: how long the action took, NULL when unknown',

    topic LowCardinality(String) COMMENT 'Kafka topic of the record',
    partition UInt32 COMMENT 'Kafka partition of the record',
    log_epoch UInt64 COMMENT 'which life of the Kafka log the offset belongs to',
    offset UInt64 COMMENT 'Kafka offset of the record',

    INDEX conversation_hash_filter conversation_hash TYPE bloom_filter GRANULARITY 1,
    PROJECTION calls
    (
        SELECT
            agent_id, environment, type, quarter_hour, occurred_at, conversation_hash, call_name, call_duration_ms,
            failed
        ORDER BY agent_id, environment, type, quarter_hour
    )
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
PRIMARY KEY (agent_id, environment, quarter_hour, conversation_hash)
ORDER BY (agent_id, environment, quarter_hour, conversation_hash)
SETTINGS
    non_replicated_deduplication_window = 100000,
    merge_selector_base = 16,
    min_bytes_for_wide_part = 134217728,
    min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'Every valid event, enriched';

-- A row states (sign +1) or takes back (sign -1) what is known of one conversation; the net is one row for each
-- conversation that has any event.
-- Written by conversation_facts_mv; read by the metric views, the view conversations, the worker and the audit.
-- ORDER BY: PRIMARY KEY for ranges of engaged_at; all other columns so that merging adds up the signs of equal facts
-- alone, in whatever order they arrive. Readers add up sign themselves: merging is never finished.
-- The deduplication window removes a repeated flush.
CREATE TABLE IF NOT EXISTS conversation_facts
(
    agent_id LowCardinality(String) COMMENT 'the agent that is measured',
    environment LowCardinality(String) COMMENT 'production unless the producer says otherwise',
    quarter_hour UInt32 COMMENT 'quarter-hour of engaged_at, 0 when never engaged',
    conversation_hash UInt64 COMMENT '64-bit hash of agent_id, environment and conversation_id',
    conversation_id String COMMENT 'id of the conversation as sent',
    engaged_at Nullable(DateTime64(3, 'UTC')) COMMENT 'earliest engaging event, NULL when never engaged',
    visited_at Nullable(DateTime64(3, 'UTC')) COMMENT 'earliest visit, NULL when never visited',
    first_end_user_message_at Nullable(DateTime64(3, 'UTC')) COMMENT 'earliest end_user message, NULL when none',
    customer String COMMENT 'last known customer, empty when anonymous',
    country_code LowCardinality(String) COMMENT 'of the first public address: ISO 3166-1 alpha-2 or unknown',
    region LowCardinality(String) COMMENT 'of the first public address: English name of its last subdivision',
    city LowCardinality(String) COMMENT 'of the first public address: English name, or unknown',
    latitude Nullable(Float64) COMMENT 'of the first public address, as the database gives it',
    longitude Nullable(Float64) COMMENT 'of the first public address, as the database gives it',
    device LowCardinality(String) COMMENT 'last known: desktop, tablet, mobile, other or unknown',
    source LowCardinality(String) COMMENT 'first known channel or unknown',
    language LowCardinality(String) COMMENT 'last known primary language subtag or unknown',
    language_region LowCardinality(String) COMMENT 'region of that language tag or unknown',
    rating LowCardinality(String) COMMENT 'latest of a customer: positive, neutral, negative, unrecognised or empty',
    escalated UInt8 COMMENT '1 with at least one escalation action',
    escalation_failed UInt8 COMMENT '1 with at least one escalation action that failed',
    name String COMMENT 'last known title, empty when none',
    sign Int32 COMMENT '+1 states, -1 takes back; merging adds up'
)
ENGINE = SummingMergeTree(sign)
PRIMARY KEY (agent_id, environment, quarter_hour, conversation_hash)
ORDER BY (
    agent_id, environment, quarter_hour, conversation_hash, conversation_id, engaged_at, visited_at,
    first_end_user_message_at, customer, country_code, region, city, latitude, longitude, device, source, language,
    language_region, rating, escalated, escalation_failed, name
)
SETTINGS
    allow_nullable_key = 1,
    non_replicated_deduplication_window = 100000,
    merge_selector_base = 16,
    min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'What is known of each conversation, as signed rows';

-- A row states (sign +1) or takes back (sign -1) one session of one conversation; a conversation's first session also
-- carries the span of the whole conversation.
-- Written by session_facts_mv; read by the metric views, the view sessions and the audit.
-- ORDER BY: PRIMARY KEY for ranges of started_at; all other columns so that merging adds up the signs of equal facts
-- alone, in whatever order they arrive. Readers add up sign themselves: merging is never finished.
-- The deduplication window removes a repeated flush.
CREATE TABLE IF NOT EXISTS session_facts
(
    agent_id LowCardinality(String) COMMENT 'the agent that is measured',
    environment LowCardinality(String) COMMENT 'production unless the producer says otherwise',
    quarter_hour UInt32 COMMENT 'quarter-hour of started_at',
    conversation_hash UInt64 COMMENT '64-bit hash of agent_id, environment and conversation_id',
    started_at DateTime64(3, 'UTC') COMMENT 'first activity',
    last_activity_at DateTime64(3, 'UTC') COMMENT 'last activity',
    ended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'the explicit end that counts for the duration, NULL when none',
    closes_at DateTime64(3, 'UTC') COMMENT 'closed once this has passed; 1970-01-01 00:00:00 when an end has closed it',
    activities UInt32 COMMENT 'number of activities',
    conversation_last_activity_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first session alone: of the conversation',
    conversation_activities Nullable(UInt32) COMMENT 'first session alone: number of the conversation',
    conversation_closes_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first session alone: latest of the conversation',
    sign Int32 COMMENT '+1 states, -1 takes back; merging adds up'
)
ENGINE = SummingMergeTree(sign)
PRIMARY KEY (agent_id, environment, quarter_hour, conversation_hash)
ORDER BY (
    agent_id, environment, quarter_hour, conversation_hash, started_at, last_activity_at, ended_at, closes_at,
    activities, conversation_last_activity_at, conversation_activities, conversation_closes_at
)
SETTINGS
    allow_nullable_key = 1,
    non_replicated_deduplication_window = 100000,
    merge_selector_base = 16,
    min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'The sessions of each conversation, as signed rows';

-- A row states (sign +1) or takes back (sign -1) one burst of end_user messages with the agent message that answers
-- it, if any has.
-- Written by exchange_facts_mv; read by the metric views, the view exchanges and the audit.
-- ORDER BY: PRIMARY KEY for ranges of asked_at; all other columns so that merging adds up the signs of equal facts
-- alone, in whatever order they arrive. Readers add up sign themselves: merging is never finished.
-- The deduplication window removes a repeated flush.
CREATE TABLE IF NOT EXISTS exchange_facts
(
    agent_id LowCardinality(String) COMMENT 'the agent that is measured',
    environment LowCardinality(String) COMMENT 'production unless the producer says otherwise',
    quarter_hour UInt32 COMMENT 'quarter-hour of asked_at',
    conversation_hash UInt64 COMMENT '64-bit hash of agent_id, environment and conversation_id',
    asked_at DateTime64(3, 'UTC') COMMENT 'first message of the burst',
    last_asked_at DateTime64(3, 'UTC') COMMENT 'last message of the burst',
    answered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first agent message after it in its session, NULL when none',
    closes_at Nullable(DateTime64(3, 'UTC')) COMMENT 'unanswered alone: closes_at of its session',
    sign Int32 COMMENT '+1 states, -1 takes back; merging adds up'
)
ENGINE = SummingMergeTree(sign)
PRIMARY KEY (agent_id, environment, quarter_hour, conversation_hash)
ORDER BY (
    agent_id, environment, quarter_hour, conversation_hash, asked_at, last_asked_at, answered_at, closes_at
)
SETTINGS
    allow_nullable_key = 1,
    non_replicated_deduplication_window = 100000,
    merge_selector_base = 16,
    min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'Questions and their answers, as signed rows';

-- A row states (sign +1) or takes back (sign -1) that a conversation has at least one end_user message in a
-- quarter-hour, under the customer that the conversation has now.
-- Written by end_user_quarters_mv; read by the metric view individual_users and by the audit.
-- ORDER BY: PRIMARY KEY for ranges of time; customer too, so that merging adds up the signs of equal rows alone, in
-- whatever order they arrive. Readers add up sign themselves: merging is never finished.
-- The deduplication window removes a repeated flush.
CREATE TABLE IF NOT EXISTS end_user_quarters
(
    agent_id LowCardinality(String) COMMENT 'the agent that is measured',
    environment LowCardinality(String) COMMENT 'production unless the producer says otherwise',
    quarter_hour UInt32 COMMENT 'seconds since 1970 / 900, rounded down',
    conversation_hash UInt64 COMMENT '64-bit hash of agent_id, environment and conversation_id',
    customer String COMMENT 'last known customer of the conversation, empty when anonymous',
    sign Int32 COMMENT '+1 states, -1 takes back; merging adds up'
)
ENGINE = SummingMergeTree(sign)
PRIMARY KEY (agent_id, environment, quarter_hour, conversation_hash)
ORDER BY (agent_id, environment, quarter_hour, conversation_hash, customer)
SETTINGS
    allow_nullable_key = 1,
    non_replicated_deduplication_window = 100000,
    merge_selector_base = 16,
    min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'Which customers wrote in which quarter-hour, as signed rows';

-- A row counts the activities of one conversation in one quarter-hour.
-- Written by activity_mv from the events of each flush; read by the metric views for the whole quarter-hours of a
-- range (the edges come from events).
-- ORDER BY: a range of one agent is one stretch; merging adds up the counts of one conversation and quarter-hour.
-- Events are never taken back, so nothing here is signed. The deduplication window removes a repeated flush.
CREATE TABLE IF NOT EXISTS activity
(
    agent_id LowCardinality(String) COMMENT 'the agent that is measured',
    environment LowCardinality(String) COMMENT 'production unless the producer says otherwise',
    quarter_hour UInt32 COMMENT 'seconds since 1970 / 900, rounded down',
    conversation_hash UInt64 COMMENT '64-bit hash of agent_id, environment and conversation_id',
    end_user_messages UInt64 COMMENT 'messages from end_user; merging adds up',
    agent_messages UInt64 COMMENT 'messages from agent; merging adds up',
    actions UInt64 COMMENT 'actions; merging adds up',
    buttons UInt64 COMMENT 'button clicks; merging adds up'
)
ENGINE = SummingMergeTree
ORDER BY (agent_id, environment, quarter_hour, conversation_hash)
SETTINGS
    non_replicated_deduplication_window = 100000,
    merge_selector_base = 16,
    min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'Activities of each conversation by quarter-hour';

-- A row is one thing that happened to a dead letter: a record was refused, a replay of it was taken or was refused
-- again, or it was dropped. Rows are only ever added; what is still open is the view dead_letters.
-- A letter is named by the position of the record that was refused first (the four origin columns). A row's own
-- position is that of the record that it tells of: of a first refusal its origin, of a drop, which is no record, none.
-- Written by dead_letter_records_mv, and by `python -m stream_processors dead-letters drop`; read by dead_letters, and
-- by workers that ask whether a record replays a letter.
-- ORDER BY: all that happened to a letter stands together, and a letter is found by its name.
-- The deduplication window removes a repeated flush.
CREATE TABLE IF NOT EXISTS dead_letter_records
(
    topic LowCardinality(String) COMMENT 'Kafka topic of the record, empty for a drop',
    partition UInt32 COMMENT 'Kafka partition of the record',
    log_epoch UInt64 COMMENT 'which life of the Kafka log the offset belongs to',
    offset UInt64 COMMENT 'Kafka offset of the record',
    origin_topic LowCardinality(String) COMMENT 'Kafka topic of the record that was refused first',
    origin_partition UInt32 COMMENT 'Kafka partition of the record that was refused first',
    origin_log_epoch UInt64 COMMENT 'which life of the Kafka log the origin''s offset belongs to',
    origin_offset UInt64 COMMENT 'Kafka offset of the record that was refused first',
    status LowCardinality(String) COMMENT 'refused, replayed (it is an event now) or dropped',
    received_at DateTime64(3, 'UTC') COMMENT 'when Kafka received the record that was refused first; 1970 is unknown',
    written_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when the row was written, by the clock of ClickHouse',
    reason String COMMENT 'refused: what is wrong, naming the field and what is allowed',
    reason_code LowCardinality(String) COMMENT 'refused: the kind of fault, from a closed set',
    raw String COMMENT 'refused: the bytes of the value',
    has_value UInt8 COMMENT 'refused: 0 for a record without a value, where raw is empty',
    key String COMMENT 'refused: the bytes of the key',
    has_key UInt8 COMMENT 'refused: 0 for a record without a key, where key is empty',
    headers Array(Tuple(String, Nullable(String))) COMMENT 'refused: headers of the record, in order'
)
ENGINE = MergeTree
ORDER BY (origin_topic, origin_partition, origin_log_epoch, origin_offset)
SETTINGS
    non_replicated_deduplication_window = 100000,
    min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'What happened to records that are no valid events: refused, replayed, dropped';

-- A row is one audit: what it looked at, what differed from the events, and what was repaired.
-- Written by `python -m stream_processors audit` when it ends; read by the dashboard and by the workers, which show the
-- latest as metrics and begin the next one when it is due.
-- ORDER BY: the latest audits stand together. Nothing removes rows: there are few.
CREATE TABLE IF NOT EXISTS audits
(
    started_at DateTime64(3, 'UTC') COMMENT 'when it began, by the clock of ClickHouse',
    finished_at DateTime64(3, 'UTC') COMMENT 'when it ended',
    auditor_id String COMMENT 'host, process and a random part',
    since Nullable(DateTime64(3, 'UTC')) COMMENT 'of conversations with events received since then, NULL for all',
    conversations UInt64 COMMENT 'how many were compared',
    touched UInt64 COMMENT 'how many differed while flushes kept changing them: for the next audit',
    differences Map(LowCardinality(String), UInt64) COMMENT 'rows missing or too many, by table',
    examples Array(Tuple(
        table String,
        agent_id String,
        environment String,
        quarter_hour UInt32,
        conversation_hash UInt64,
        missing UInt64,
        surplus UInt64
    )) COMMENT 'where, for the first hundred',
    repaired UInt64 COMMENT 'rows that a repair wrote or removed',
    is_clean UInt8 COMMENT '1 when nothing differs now: nothing did, or all was repaired, which was proved'
)
ENGINE = MergeTree
ORDER BY started_at
COMMENT 'Comparisons of what is derived with the events: what differed, and what was repaired';

-- A row is the claim of a partition whose owner may write: the latest one, unless it was made under another layout of
-- the topic than the latest. Read by the fence at every insert.
CREATE OR REPLACE VIEW rightful_owners
(
    topic String COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    owner_epoch UInt64 COMMENT 'epoch of the claim',
    owner_id String COMMENT 'identity of the claimant'
)
AS SELECT topic, partition, latest.1 AS owner_epoch, latest.2 AS owner_id
FROM
(
    SELECT
        topic,
        partition,
        max((owner_epoch, owner_id)) AS latest,
        argMax((layout, partitions), (owner_epoch, owner_id)) AS own_layout,
        max(max((layout, partitions))) OVER (PARTITION BY topic) AS latest_layout
    FROM owners
    GROUP BY topic, partition
)
WHERE own_layout = latest_layout
COMMENT 'Who may write each partition now';

-- A row is one conversation that has any event, as it is known now.
-- A plain view over the net of conversation_facts; read by people. What takes repetitions and corrections away is the
-- sum of the signs.
CREATE OR REPLACE VIEW conversations
(
    agent_id String COMMENT 'the agent that is measured',
    environment String COMMENT 'production unless the producer says otherwise',
    conversation_id String COMMENT 'id of the conversation as sent',
    engaged_at Nullable(DateTime64(3, 'UTC')) COMMENT 'earliest engaging event, NULL when never engaged',
    visited_at Nullable(DateTime64(3, 'UTC')) COMMENT 'earliest visit, NULL when never visited',
    first_end_user_message_at Nullable(DateTime64(3, 'UTC')) COMMENT 'earliest end_user message, NULL when none',
    customer String COMMENT 'last known customer, empty when anonymous',
    country_code String COMMENT 'of the first public address: ISO 3166-1 alpha-2 or unknown',
    region String COMMENT 'of the first public address: English name of the last subdivision or unknown',
    city String COMMENT 'of the first public address: English name or unknown',
    latitude Nullable(Float64) COMMENT 'of the first public address, as the database gives it',
    longitude Nullable(Float64) COMMENT 'of the first public address, as the database gives it',
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
    name, conversation_hash
FROM conversation_facts
GROUP BY ALL
HAVING sum(sign) > 0
COMMENT 'Every conversation, one true row each';

-- A row is one session of one conversation, as it is known now.
-- A plain view over the net of session_facts, named by conversation_facts; read by people. What takes repetitions and
-- corrections away is the sum of the signs.
CREATE OR REPLACE VIEW sessions
(
    agent_id String COMMENT 'the agent that is measured',
    environment String COMMENT 'production unless the producer says otherwise',
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

-- A row is one burst of end_user messages with the agent message that answers it, if any has, as it is known now.
-- A plain view over the net of exchange_facts, named by conversation_facts; read by people. What takes repetitions and
-- corrections away is the sum of the signs.
CREATE OR REPLACE VIEW exchanges
(
    agent_id String COMMENT 'the agent that is measured',
    environment String COMMENT 'production unless the producer says otherwise',
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

-- A row is one dead letter that waits for somebody: refused, and neither replayed nor dropped. What was sent is that of
-- the first refusal, as it came; the reason is that of the latest. Replayed and dropped are final, whatever follows, so
-- that no order of arrival and no clock decides whether a letter is open; repeated rows of one record count once.
-- A plain view over dead_letter_records; read by `python -m stream_processors dead-letters`, the dashboard and people.
CREATE OR REPLACE VIEW dead_letters
(
    topic LowCardinality(String) COMMENT 'Kafka topic of the record',
    partition UInt32 COMMENT 'Kafka partition of the record',
    log_epoch UInt64 COMMENT 'which life of the Kafka log the offset belongs to',
    offset UInt64 COMMENT 'Kafka offset of the record',
    received_at DateTime64(3, 'UTC') COMMENT 'when Kafka received the record; 1970 is unknown',
    reason String COMMENT 'what is wrong, naming the field and what is allowed; of the latest attempt',
    reason_code LowCardinality(String) COMMENT 'the kind of fault, from a closed set; of the latest attempt',
    raw String COMMENT 'the bytes of the value',
    has_value UInt8 COMMENT '0 for a record without a value, where raw is empty',
    key String COMMENT 'the bytes of the key',
    has_key UInt8 COMMENT '0 for a record without a key, where key is empty',
    headers Array(Tuple(String, Nullable(String))) COMMENT 'headers of the record, in order',
    attempts UInt64 COMMENT 'how often it was refused: 1, and 1 more for each replay that failed'
)
AS SELECT
    origin_topic AS topic, origin_partition AS partition, origin_log_epoch AS log_epoch, origin_offset AS offset,
    first_received_at AS received_at, last_reason AS reason, last_reason_code AS reason_code, first_raw AS raw,
    first_has_value AS has_value, first_key AS key, first_has_key AS has_key, first_headers AS headers,
    refusals AS attempts
FROM
(
    SELECT
        origin_topic, origin_partition, origin_log_epoch, origin_offset,
        argMin(received_at, is_again) AS first_received_at,
        argMax(reason, (is_again, written_at)) AS last_reason,
        argMax(reason_code, (is_again, written_at)) AS last_reason_code,
        argMin(raw, is_again) AS first_raw,
        argMin(has_value, is_again) AS first_has_value,
        argMin(key, is_again) AS first_key,
        argMin(has_key, is_again) AS first_has_key,
        argMin(headers, is_again) AS first_headers,
        uniqExact(topic, partition, log_epoch, offset) AS refusals
    FROM
    (
        SELECT
            *,
            (topic, partition, log_epoch, offset)
                != (origin_topic, origin_partition, origin_log_epoch, origin_offset) AS is_again
        FROM dead_letter_records
    )
    GROUP BY origin_topic, origin_partition, origin_log_epoch, origin_offset
    HAVING countIf(status != 'refused') = 0
)
COMMENT 'Every open dead letter, one true row each';

-- A row is a quarter-hour in which the clock of a time zone was put forward or back at its second minute (00:01 local
-- time). ClickHouse knows changes of the clock by the quarter-hour and takes this minute for one after the change, so
-- the views read such quarter-hours from rows and take the offset of the minute before. These are all such changes
-- since 2000 (a test compares them with the IANA database); times are UTC.
-- Read by activity_in_range, engaged_conversations, local_days and the dashboard.
CREATE OR REPLACE VIEW late_clock_changes
(
    time_zone String COMMENT 'IANA name',
    quarter_hour UInt32 COMMENT 'the old time holds in its first minute'
)
AS SELECT
    arrayJoin(zones) AS time_zone,
    toUInt32(intDiv(toUnixTimestamp(toDateTime(change, 'UTC')), 900)) AS quarter_hour
FROM
(
    SELECT zone_changes.1 AS zones, arrayJoin(zone_changes.2) || ':00' AS change
    FROM
    (
        SELECT arrayJoin([
            (['America/St_Johns', 'Canada/Newfoundland'], [
                '2000-04-02 03:30', '2000-10-29 02:30', '2001-04-01 03:30', '2001-10-28 02:30', '2002-04-07 03:30',
                '2002-10-27 02:30', '2003-04-06 03:30', '2003-10-26 02:30', '2004-04-04 03:30', '2004-10-31 02:30',
                '2005-04-03 03:30', '2005-10-30 02:30', '2006-04-02 03:30', '2006-10-29 02:30', '2007-03-11 03:30',
                '2007-11-04 02:30', '2008-03-09 03:30', '2008-11-02 02:30', '2009-03-08 03:30', '2009-11-01 02:30',
                '2010-03-14 03:30', '2010-11-07 02:30', '2011-03-13 03:30'
            ]),
            (['America/Goose_Bay'], [
                '2000-04-02 04:00', '2000-10-29 03:00', '2001-04-01 04:00', '2001-10-28 03:00', '2002-04-07 04:00',
                '2002-10-27 03:00', '2003-04-06 04:00', '2003-10-26 03:00', '2004-04-04 04:00', '2004-10-31 03:00',
                '2005-04-03 04:00', '2005-10-30 03:00', '2006-04-02 04:00', '2006-10-29 03:00', '2007-03-11 04:00',
                '2007-11-04 03:00', '2008-03-09 04:00', '2008-11-02 03:00', '2009-03-08 04:00', '2009-11-01 03:00',
                '2010-03-14 04:00', '2010-11-07 03:00', '2011-03-13 04:00'
            ]),
            (['America/Moncton'], [
                '2000-04-02 04:00', '2000-10-29 03:00', '2001-04-01 04:00', '2001-10-28 03:00', '2002-04-07 04:00',
                '2002-10-27 03:00', '2003-04-06 04:00', '2003-10-26 03:00', '2004-04-04 04:00', '2004-10-31 03:00',
                '2005-04-03 04:00', '2005-10-30 03:00', '2006-04-02 04:00', '2006-10-29 03:00'
            ]),
            (['Antarctica/Casey'], [
                '2020-10-03 16:00', '2021-10-02 16:00', '2022-10-01 16:00'
            ]),
            (['Asia/Gaza'], [
                '2010-03-26 22:00', '2011-03-31 22:00'
            ]),
            (['Asia/Hebron'], [
                '2011-03-31 22:00'
            ])
        ]) AS zone_changes
    )
)
COMMENT 'Changes of the clock that do not fall on a quarter-hour, since 2000';

-- A row is a day of the time zone's calendar that the range touches, with or without data. Every half day of the range
-- and its last millisecond are looked up, so a day that a zone left out (Samoa's 30 December 2011) has no row.
-- Read by daily_overview. Days outside 1970-01-01 to 2149-06-06 do not exist in the type Date.
CREATE OR REPLACE VIEW local_days
AS WITH
    greatest(toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}), -86400000) AS since_ms,
    least(toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}), 65537 * 86400000) AS until_ms,
    (SELECT groupArray(quarter_hour) FROM late_clock_changes WHERE time_zone = {time_zone:String}) AS late_changes,
    toInt64(floor(at_ms / 1000)) AS second,
    second >= 0 AND second % 900 < 60 AND has(late_changes, toUInt32(intDiv(greatest(second, 0), 900))) AS late,
    toDateTime(least(greatest(second - 60 * late, 0), 4294967295), {time_zone:String}) AS offset_at,
    floor((second + timezoneOffset(offset_at)) / 86400) AS day_number
SELECT DISTINCT toDate(toUInt16(day_number)) AS day
FROM
(
    SELECT arrayJoin(arrayPushBack(range(since_ms, until_ms, 43200000), until_ms - 1)) AS at_ms
)
WHERE since_ms < until_ms AND day_number BETWEEN 0 AND 65535
COMMENT 'The local days of a range; takes since, until and time_zone';

-- A row is the activity of one conversation at one time of the range: a whole quarter-hour (from activity, at its
-- beginning) or, where a sum over it says too little, one event (from events, at its own time): in the first and in
-- the last quarter-hour of the range, and where the clock of the time zone was changed at the second minute.
-- local_time is that time as the clock of the time zone showed it, to the second. Read by the metric views, which add
-- up the counts; a conversation may have several rows for one quarter-hour. An unknown time zone is an error.
-- What decides which quarter-hours are read is constant, so it costs no query of its own.
CREATE OR REPLACE VIEW activity_in_range
AS WITH
    toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}), 900000))) AS first,
    toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}), 900000))) AS last,
    (SELECT groupArray(quarter_hour) FROM late_clock_changes WHERE time_zone = {time_zone:String}) AS late_changes,
    toUnixTimestamp(at) AS second,
    second % 900 < 60 AND has(late_changes, intDiv(second, 900)) AS late,
    toDateTime(second - 60 * late, {time_zone:String}) AS offset_at
SELECT
    toDateTime(second + timezoneOffset(offset_at), 'UTC') AS local_time,
    conversation_hash,
    end_user_messages,
    agent_messages
FROM
(
    SELECT toDateTime(quarter_hour * 900, 'UTC') AS at, conversation_hash, end_user_messages, agent_messages
    FROM activity
    WHERE agent_id = {agent_id:String} AND environment = {environment:String}
        AND quarter_hour > first AND quarter_hour < last AND NOT has(late_changes, quarter_hour)
        AND timezoneOffset(toDateTime(0, if({time_zone:String} = '', 'an empty name', {time_zone:String}))) IS NOT NULL
    UNION ALL
    SELECT
        toDateTime(occurred_at, 'UTC') AS at, conversation_hash, toUInt64(sender = 'end_user') AS end_user_messages,
        toUInt64(sender = 'agent') AS agent_messages
    FROM events
    WHERE agent_id = {agent_id:String} AND environment = {environment:String}
        AND quarter_hour IN arrayConcat([first, last], late_changes)
        AND occurred_at >= {since:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')}
        AND (type IN ('action', 'button') OR (type = 'message' AND sender IN ('end_user', 'agent')))
)
COMMENT 'The activity in a range, exact to the millisecond; takes the five parameters of the metric views';

-- A row is a signed row of conversation_facts whose engaged_at lies in the range; the metric views read it and add up
-- sign. The quarter-hours find the rows by the primary key, the times make it exact; an unknown time zone is an error.
-- local_time is engaged_at as the clock of the time zone showed it, to the second.
CREATE OR REPLACE VIEW engaged_conversations
AS WITH
    assumeNotNull(engaged_at) AS at,
    intDiv(toUnixTimestamp(at), 60) IN (
        SELECT quarter_hour * 15 FROM late_clock_changes WHERE time_zone = {time_zone:String}
    ) AS late,
    toDateTime(toUnixTimestamp(at) - 60 * late, {time_zone:String}) AS offset_at
SELECT
    toDateTime(toUnixTimestamp(at) + timezoneOffset(offset_at), 'UTC') AS local_time,
    country_code, region, city, latitude, longitude, device, source, language, language_region, rating, escalated,
    escalation_failed, sign
FROM conversation_facts
WHERE agent_id = {agent_id:String} AND environment = {environment:String}
    AND quarter_hour >= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}), 900000)))
    AND quarter_hour <= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}), 900000)))
    AND engaged_at >= {since:DateTime64(3, 'UTC')} AND engaged_at < {until:DateTime64(3, 'UTC')}
    AND timezoneOffset(toDateTime(0, if({time_zone:String} = '', 'an empty name', {time_zone:String}))) IS NOT NULL
COMMENT 'Signed rows of the conversations engaged in a range; takes the five parameters of the metric views';

-- A row is a signed row of session_facts whose started_at lies in the range; the metric views read it and add up
-- sign. The quarter-hours find the rows by the primary key, the times make it exact; an unknown time zone is an error.
CREATE OR REPLACE VIEW started_sessions
AS SELECT
    started_at, last_activity_at, ended_at, closes_at, activities, conversation_last_activity_at,
    conversation_activities, conversation_closes_at, sign
FROM session_facts
WHERE agent_id = {agent_id:String} AND environment = {environment:String}
    AND quarter_hour >= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}), 900000)))
    AND quarter_hour <= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}), 900000)))
    AND started_at >= {since:DateTime64(3, 'UTC')} AND started_at < {until:DateTime64(3, 'UTC')}
    AND timezoneOffset(toDateTime(0, if({time_zone:String} = '', 'an empty name', {time_zone:String}))) IS NOT NULL
COMMENT 'Signed rows of the sessions started in a range; takes the five parameters of the metric views';

-- A row is a signed row of end_user_quarters in the range; read by individual_users, which adds up sign. In the first
-- and the last quarter-hour only conversations count whose end_user messages (from events) lie in the range.
-- An unknown time zone is an error.
CREATE OR REPLACE VIEW end_user_quarters_in_range
AS WITH
    toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}), 900000))) AS first,
    toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}), 900000))) AS last
SELECT customer, conversation_hash, sign
FROM end_user_quarters
WHERE agent_id = {agent_id:String} AND environment = {environment:String}
    AND quarter_hour >= first AND quarter_hour <= last
    AND timezoneOffset(toDateTime(0, if({time_zone:String} = '', 'an empty name', {time_zone:String}))) IS NOT NULL
    AND (
        quarter_hour NOT IN (first, last)
        OR (quarter_hour, conversation_hash) IN (
            SELECT quarter_hour, conversation_hash
            FROM events
            WHERE agent_id = {agent_id:String} AND environment = {environment:String}
                AND quarter_hour IN (first, last)
                AND occurred_at >= {since:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')}
                AND type = 'message' AND sender = 'end_user'
        )
    )
COMMENT 'Signed rows of who wrote in a range; takes the five parameters of the metric views';

-- Carries the events of a flush that the fence let through into events.
-- Runs once for each insert into inbox; a repeated deduplication token is dropped by the target itself.
CREATE MATERIALIZED VIEW IF NOT EXISTS events_mv TO events
AS SELECT
    agent_id, environment, quarter_hour, conversation_hash, conversation_id, event_id, type, schema_version,
    occurred_at, received_at, repaired, customer_id, customer_ip_address, device, source, language, name,
    sender, content, attachments, action_name, started_at, ended_at, duration_ms, tools_used, response,
    error_message, button_event, label, value, rating, comment, rated_by, prompt_tokens, completion_tokens,
    total_tokens, embedding_tokens, model, metadata, extra, customer, has_public_address, country_code, region,
    city, latitude, longitude, device_class, source_name, language_code, language_region, verdict,
    failed, call_name, call_duration_ms, topic, partition, log_epoch, offset
FROM (SELECT * FROM admitted WHERE kind IN ('event', 'lost_event'))
ARRAY JOIN
    agent_id, environment, quarter_hour, conversation_hash, conversation_id, event_id, type, schema_version,
    occurred_at, received_at, repaired, customer_id, customer_ip_address, device, source, language, name, sender,
    content, attachments, action_name, started_at, ended_at, duration_ms, tools_used, response, error_message,
    button_event, label, value, rating, comment, rated_by, prompt_tokens, completion_tokens, total_tokens,
    embedding_tokens, model, metadata, extra, customer, has_public_address, country_code, region, city, latitude,
    longitude, device_class, source_name, language_code, language_region, verdict, failed, call_name,
    call_duration_ms, offset
COMMENT 'Fills events from admitted';

-- Carries the signed conversation facts of a flush into conversation_facts. What the inbox calls device_class,
-- source_name, language_code and verdict (for events) are here the conversation's device, source, language and rating.
-- Runs once for each insert into inbox; a repeated deduplication token is dropped by the target itself.
CREATE MATERIALIZED VIEW IF NOT EXISTS conversation_facts_mv TO conversation_facts
AS SELECT
    agent_id, environment, quarter_hour, conversation_hash, conversation_id, engaged_at, visited_at,
    first_end_user_message_at, customer, country_code, region, city, latitude, longitude,
    device_class AS device, source_name AS source, language_code AS language, language_region,
    verdict AS rating, escalated, escalation_failed, name, sign
FROM (SELECT * FROM admitted WHERE kind = 'conversation_fact')
ARRAY JOIN
    agent_id, environment, quarter_hour, conversation_hash, conversation_id, engaged_at, visited_at,
    first_end_user_message_at, customer, country_code, region, city, latitude, longitude, device_class, source_name,
    language_code, language_region, verdict, escalated, escalation_failed, name, sign
COMMENT 'Fills conversation_facts from admitted';

-- Carries the signed session facts of a flush into session_facts.
-- Runs once for each insert into inbox; a repeated deduplication token is dropped by the target itself.
CREATE MATERIALIZED VIEW IF NOT EXISTS session_facts_mv TO session_facts
AS SELECT
    agent_id, environment, quarter_hour, conversation_hash, started_at, last_activity_at, ended_at, closes_at,
    activities, conversation_last_activity_at, conversation_activities, conversation_closes_at, sign
FROM (SELECT * FROM admitted WHERE kind = 'session_fact')
ARRAY JOIN
    agent_id, environment, quarter_hour, conversation_hash, started_at, last_activity_at, ended_at, closes_at,
    activities, conversation_last_activity_at, conversation_activities, conversation_closes_at, sign
COMMENT 'Fills session_facts from admitted';

-- Carries the signed exchange facts of a flush into exchange_facts.
-- Runs once for each insert into inbox; a repeated deduplication token is dropped by the target itself.
CREATE MATERIALIZED VIEW IF NOT EXISTS exchange_facts_mv TO exchange_facts
AS SELECT
    agent_id, environment, quarter_hour, conversation_hash, asked_at, last_asked_at, answered_at, closes_at,
    sign
FROM (SELECT * FROM admitted WHERE kind = 'exchange_fact')
ARRAY JOIN
    agent_id, environment, quarter_hour, conversation_hash, asked_at, last_asked_at, answered_at, closes_at, sign
COMMENT 'Fills exchange_facts from admitted';

-- Carries the signed end-user quarters of a flush into end_user_quarters.
-- Runs once for each insert into inbox; a repeated deduplication token is dropped by the target itself.
CREATE MATERIALIZED VIEW IF NOT EXISTS end_user_quarters_mv TO end_user_quarters
AS SELECT
    agent_id, environment, quarter_hour, conversation_hash, customer, sign
FROM (SELECT * FROM admitted WHERE kind = 'end_user_quarter')
ARRAY JOIN
    agent_id, environment, quarter_hour, conversation_hash, customer, sign
COMMENT 'Fills end_user_quarters from admitted';

-- Counts the activities of a flush by conversation and quarter-hour into activity: messages from end_user or agent,
-- actions and button clicks. `system` messages and all other events are no activity. What a repair puts right is added
-- to the counts (events have nothing there); they wrap around, so what is below zero takes away.
-- Runs once for each insert into inbox; a repeated deduplication token is dropped by the target itself.
CREATE MATERIALIZED VIEW IF NOT EXISTS activity_mv TO activity
AS SELECT
    agent_id,
    environment,
    quarter_hour,
    conversation_hash,
    toUInt64(countIf(sender = 'end_user') + sum(more_end_user_messages)) AS end_user_messages,
    toUInt64(countIf(sender = 'agent') + sum(more_agent_messages)) AS agent_messages,
    toUInt64(countIf(type = 'action') + sum(more_actions)) AS actions,
    toUInt64(countIf(type = 'button') + sum(more_buttons)) AS buttons
FROM
(
    SELECT
        *,
        arrayResize(admitted.end_user_messages, length(agent_id)) AS more_end_user_messages,
        arrayResize(admitted.agent_messages, length(agent_id)) AS more_agent_messages,
        arrayResize(admitted.actions, length(agent_id)) AS more_actions,
        arrayResize(admitted.buttons, length(agent_id)) AS more_buttons
    FROM admitted
    WHERE kind IN ('event', 'activity')
)
ARRAY JOIN
    agent_id, environment, quarter_hour, conversation_hash, type, sender, more_end_user_messages,
    more_agent_messages, more_actions, more_buttons
WHERE kind = 'activity' OR type IN ('action', 'button') OR (type = 'message' AND sender IN ('end_user', 'agent'))
GROUP BY agent_id, environment, quarter_hour, conversation_hash
COMMENT 'Fills activity from admitted';

-- Carries the dead letters of a flush, and what became of replayed ones, into dead_letter_records.
-- Runs once for each insert into inbox; a repeated deduplication token is dropped by the target itself.
CREATE MATERIALIZED VIEW IF NOT EXISTS dead_letter_records_mv TO dead_letter_records
AS SELECT
    topic, partition, log_epoch, offset, origin_topic, origin_partition, origin_log_epoch, origin_offset, status,
    received_at, reason, reason_code, raw, has_value, key, has_key, headers
FROM (SELECT * FROM admitted WHERE kind = 'dead_letter')
ARRAY JOIN
    offset, origin_topic, origin_partition, origin_log_epoch, origin_offset, status, received_at, reason,
    reason_code, raw, has_value, key, has_key, headers
COMMENT 'Fills dead_letter_records from admitted';

-- The fence of the range log: refuses a range (throwIf, error 395) unless its owner is the latest claimant of its
-- partition. The claims are read anew at every insert.
CREATE MATERIALIZED VIEW IF NOT EXISTS ranges_mv TO ranges
AS SELECT *
FROM range_inbox
WHERE NOT throwIf(
    (topic, partition, owner_epoch, owner_id) NOT IN (
        SELECT topic, partition, owner_epoch, owner_id FROM rightful_owners
    ),
    'CONVOSTREAM_STALE_OWNER: another worker has claimed this partition since'
)
COMMENT 'Carries a range past the fence into the range log';

-- The fence: refuses a whole flush (throwIf, error 395) unless its owner is the latest claimant of its partition,
-- before any target has seen a row of it. The claims are read anew at every insert.
CREATE MATERIALIZED VIEW IF NOT EXISTS admitted_mv TO admitted
AS SELECT *
FROM inbox
WHERE NOT throwIf(
    (topic, partition, owner_epoch, owner_id) NOT IN (
        SELECT topic, partition, owner_epoch, owner_id FROM rightful_owners
    ),
    'CONVOSTREAM_STALE_OWNER: another worker has claimed this partition since'
)
COMMENT 'Carries a flush past the fence into admitted';

-- One row: messages by message time, also split by sender; `system` messages, actions and the like are none.
-- Reads activity_in_range.
CREATE OR REPLACE VIEW total_messages
AS SELECT
    sum(activity.end_user_messages + activity.agent_messages) AS messages,
    sum(activity.end_user_messages) AS end_user_messages,
    sum(activity.agent_messages) AS agent_messages
FROM activity_in_range(
    agent_id = {agent_id:String}, environment = {environment:String},
    since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
) AS activity
COMMENT 'Messages in the range, split by sender';

-- One row: conversations whose engaged_at lies in the range, conversations with an activity in it, sessions started in
-- it. Reads engaged_conversations, activity_in_range and started_sessions; each gives one row.
CREATE OR REPLACE VIEW total_conversations
AS SELECT conversations, active_conversations, sessions
FROM
(
    SELECT toUInt64(sum(sign)) AS conversations
    FROM engaged_conversations(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
) AS engaged,
(
    SELECT uniqExact(conversation_hash) AS active_conversations
    FROM activity_in_range(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
) AS active,
(
    SELECT toUInt64(sum(sign)) AS sessions
    FROM started_sessions(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
) AS started
COMMENT 'Conversations engaged in the range, active in it, and sessions started in it';

-- One row: the time from the first message of a burst to the agent message that answers it, by the time of that first
-- message. Under 5 ms question and answer were tracked together: counted as not_measured, left out of all the rest.
-- Reads exchange_facts. Facts are added up by duration first: whole milliseconds up to 1,024, beyond them in steps of a
-- 1,024th of the power of two below. A percentile is the nearest rank over these, each at its mean duration and as
-- often as it occurs: less than 0.1 % off, and exact where a step has one duration. -1 is what was not answered.
CREATE OR REPLACE VIEW average_response_time
AS WITH
    step >= 5 AS measured,
    quantilesExactWeightedIf(0.5, 0.9, 0.95, 0.99)(milliseconds / number, number, measured) AS percentiles
SELECT
    sumIf(milliseconds, measured) / nullIf(exchanges, 0) / 1000 AS mean_seconds,
    if(exchanges = 0, NULL, percentiles[1] / 1000) AS p50_seconds,
    if(exchanges = 0, NULL, percentiles[2] / 1000) AS p90_seconds,
    if(exchanges = 0, NULL, percentiles[3] / 1000) AS p95_seconds,
    if(exchanges = 0, NULL, percentiles[4] / 1000) AS p99_seconds,
    sumIf(number, measured) AS exchanges,
    sumIf(milliseconds_from_last, measured) / nullIf(exchanges, 0) / 1000 AS mean_from_last_message_seconds,
    sumIf(number_closed, step = -1) AS unanswered,
    sumIf(number, step BETWEEN 0 AND 4) AS not_measured
FROM
(
    WITH ifNull(toUnixTimestamp64Milli(answered_at) - toUnixTimestamp64Milli(asked_at), -1) AS took
    SELECT
        bitAnd(took, negate(greatest(1, intDiv(roundToExp2(took), 1024)))) AS step,
        toUInt64(sum(sign)) AS number,
        sum(sign * took) AS milliseconds,
        sum(
            sign * (toUnixTimestamp64Milli(answered_at) - toUnixTimestamp64Milli(last_asked_at))
        ) AS milliseconds_from_last,
        toUInt64(sumIf(sign, closes_at < now64(3))) AS number_closed
    FROM exchange_facts
    WHERE agent_id = {agent_id:String} AND environment = {environment:String}
        AND quarter_hour >= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}), 900000)))
        AND quarter_hour <= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}), 900000)))
        AND asked_at >= {since:DateTime64(3, 'UTC')} AND asked_at < {until:DateTime64(3, 'UTC')}
        AND timezoneOffset(toDateTime(0, if({time_zone:String} = '', 'an empty name', {time_zone:String}))) IS NOT NULL
    GROUP BY step
    HAVING sum(sign) > 0
)
COMMENT 'Seconds from question to answer, over the exchanges that began in the range';

-- 168 rows: messages by message time and conversations by engaged_at, by weekday (1 is Monday) and hour of the time
-- zone. Reads activity_in_range and engaged_conversations.
CREATE OR REPLACE VIEW peak_hours
AS SELECT weekday, hour, toUInt64(sum(cell.messages)) AS messages, toUInt64(sum(cell.conversations)) AS conversations
FROM
(
    SELECT
        toUInt8(intDiv(cell_number, 24) + 1) AS weekday, toUInt8(cell_number % 24) AS hour,
        toInt64(0) AS messages, toInt64(0) AS conversations
    FROM (SELECT arrayJoin(range(168)) AS cell_number)
    UNION ALL
    SELECT
        toDayOfWeek(local_time) AS weekday, toHour(local_time) AS hour,
        toInt64(sum(end_user_messages + agent_messages)) AS messages, toInt64(0) AS conversations
    FROM activity_in_range(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
    GROUP BY weekday, hour
    UNION ALL
    SELECT
        toDayOfWeek(local_time) AS weekday, toHour(local_time) AS hour,
        toInt64(0) AS messages, sum(sign) AS conversations
    FROM engaged_conversations(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
    GROUP BY weekday, hour
) AS cell
GROUP BY weekday, hour
ORDER BY weekday, hour
COMMENT 'Messages and engaged conversations by weekday and hour';

-- A row for each local day that the range touches: messages, conversations active that day, conversations engaged.
-- Reads local_days (the days, also the empty ones), activity_in_range and engaged_conversations.
CREATE OR REPLACE VIEW daily_overview
AS SELECT
    day,
    toUInt64(sum(part.messages)) AS messages,
    toUInt64(sum(part.active_conversations)) AS active_conversations,
    toUInt64(sum(part.new_conversations)) AS new_conversations
FROM
(
    SELECT day, toInt64(0) AS messages, toInt64(0) AS active_conversations, toInt64(0) AS new_conversations
    FROM local_days(
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
    UNION ALL
    SELECT
        toDate(local_time) AS day, toInt64(sum(end_user_messages + agent_messages)) AS messages,
        toInt64(uniqExact(conversation_hash)) AS active_conversations, toInt64(0) AS new_conversations
    FROM activity_in_range(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
    GROUP BY day
    UNION ALL
    SELECT
        toDate(local_time) AS day, toInt64(0) AS messages,
        toInt64(0) AS active_conversations, sum(sign) AS new_conversations
    FROM engaged_conversations(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
    GROUP BY day
) AS part
GROUP BY day
ORDER BY day
COMMENT 'Messages, active and new conversations by local day';

-- One row: how long the sessions lasted that started in the range, are closed and have at least two activities; open
-- ones and those with a single activity are counted apart. The same per conversation, by its first activity: the fact
-- of its first session carries its span.
-- Reads started_sessions. Facts are added up by duration first: whole milliseconds up to 1,024, beyond them in steps of
-- a 1,024th of the power of two below. A percentile is the nearest rank over these, each at its mean duration and as
-- often as it occurs: less than 0.1 % off, and exact where a step has one duration.
CREATE OR REPLACE VIEW average_conversation_duration
AS WITH
    state = 'measured' AS measured,
    quantilesExactWeightedIf(0.5, 0.9, 0.95, 0.99)(milliseconds / number, number, measured) AS percentiles
SELECT
    sumIf(milliseconds, measured) / nullIf(sessions, 0) / 1000 AS mean_seconds,
    if(sessions = 0, NULL, percentiles[1] / 1000) AS p50_seconds,
    if(sessions = 0, NULL, percentiles[2] / 1000) AS p90_seconds,
    if(sessions = 0, NULL, percentiles[3] / 1000) AS p95_seconds,
    if(sessions = 0, NULL, percentiles[4] / 1000) AS p99_seconds,
    sumIf(number, measured) AS sessions,
    sumIf(number, state = 'open') AS open_sessions,
    sumIf(number, state = 'single') AS single_activity_sessions,
    sum(conversation_milliseconds) / nullIf(conversations, 0) / 1000 AS conversation_mean_seconds,
    sum(duration.conversations) AS conversations
FROM
(
    WITH
        toUnixTimestamp64Milli(ifNull(ended_at, last_activity_at)) - toUnixTimestamp64Milli(started_at) AS lasted,
        ifNull(conversation_closes_at < now64(3) AND conversation_activities >= 2, false) AS spans
    SELECT
        multiIf(closes_at >= now64(3), 'open', activities < 2, 'single', 'measured') AS state,
        bitAnd(lasted, negate(greatest(1, intDiv(roundToExp2(lasted), 1024)))) AS step,
        toUInt64(sum(sign)) AS number,
        sum(sign * lasted) AS milliseconds,
        toUInt64(sumIf(sign, spans)) AS conversations,
        sumIf(
            sign * (toUnixTimestamp64Milli(conversation_last_activity_at) - toUnixTimestamp64Milli(started_at)), spans
        ) AS conversation_milliseconds
    FROM started_sessions(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
    GROUP BY state, step
    HAVING sum(sign) > 0
) AS duration
COMMENT 'Seconds that sessions and conversations lasted, by their first activity';

-- A row a trimmed action name: calls by their time, how many failed, in how many conversations, and how long they took.
-- Reads events, by their projection calls: what is needed is stored with each action. A percentile is the nearest rank:
-- quantilesExact takes the value behind it where level * n is whole, hence levels a trace smaller.
CREATE OR REPLACE VIEW tool_usage
AS WITH
    quantilesExact(0.499999999999, 0.899999999999, 0.949999999999, 0.989999999999)(call_duration_ms) AS percentiles
SELECT
    CAST(call_name, 'String') AS action_name,
    count() AS calls,
    countIf(failed) AS failed_calls,
    uniqExact(conversation_hash) AS conversations,
    sumKahan(call_duration_ms) / nullIf(timed_calls, 0) / 1000 AS mean_seconds,
    if(timed_calls = 0, NULL, percentiles[1] / 1000) AS p50_seconds,
    if(timed_calls = 0, NULL, percentiles[2] / 1000) AS p90_seconds,
    if(timed_calls = 0, NULL, percentiles[3] / 1000) AS p95_seconds,
    if(timed_calls = 0, NULL, percentiles[4] / 1000) AS p99_seconds,
    count(call_duration_ms) AS timed_calls,
    countIf(call_duration_ms IS NULL) AS unknown_duration_calls
FROM events
WHERE agent_id = {agent_id:String} AND environment = {environment:String}
    AND quarter_hour >= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}), 900000)))
    AND quarter_hour <= toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}), 900000)))
    AND occurred_at >= {since:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')}
    AND timezoneOffset(toDateTime(0, if({time_zone:String} = '', 'an empty name', {time_zone:String}))) IS NOT NULL
    AND type = 'action'
GROUP BY call_name
ORDER BY calls DESC, action_name
COMMENT 'Calls, failures and durations of each action';

-- A row a country: engaged conversations by the place of their first public address.
-- Reads engaged_conversations.
CREATE OR REPLACE VIEW world_map
AS SELECT
    CAST(engaged.country_code, 'String') AS country_code,
    toUInt64(sum(sign)) AS conversations
FROM engaged_conversations(
    agent_id = {agent_id:String}, environment = {environment:String},
    since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
) AS engaged
GROUP BY engaged.country_code
HAVING conversations > 0
ORDER BY conversations DESC, country_code
COMMENT 'Engaged conversations by country';

-- A row a distinct place, coordinates included: engaged conversations by the place of their first public address.
-- Reads engaged_conversations.
CREATE OR REPLACE VIEW world_map_places
AS SELECT
    CAST(engaged.country_code, 'String') AS country_code,
    CAST(engaged.region, 'String') AS region,
    CAST(engaged.city, 'String') AS city,
    engaged.latitude AS latitude,
    engaged.longitude AS longitude,
    toUInt64(sum(sign)) AS conversations
FROM engaged_conversations(
    agent_id = {agent_id:String}, environment = {environment:String},
    since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
) AS engaged
GROUP BY engaged.country_code, engaged.region, engaged.city, engaged.latitude, engaged.longitude
HAVING conversations > 0
ORDER BY conversations DESC, country_code, region, city, latitude, longitude
COMMENT 'Engaged conversations by place';

-- A row a device: engaged conversations by their last known device.
-- Reads engaged_conversations.
CREATE OR REPLACE VIEW device_usage
AS SELECT
    CAST(engaged.device, 'String') AS device,
    toUInt64(sum(sign)) AS conversations
FROM engaged_conversations(
    agent_id = {agent_id:String}, environment = {environment:String},
    since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
) AS engaged
GROUP BY engaged.device
HAVING conversations > 0
ORDER BY conversations DESC, device
COMMENT 'Engaged conversations by device';

-- One row: customers (as last known) of the conversations with an end_user message in the range, those of them whose
-- first end_user message ever lies in it, the others, and the conversations without a customer.
-- Reads end_user_quarters; in a quarter-hour at the edge of the range only the conversations whose messages in events
-- lie in the range count. A customer with a message before the range is a returning one (conversation_facts).
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
    FROM end_user_quarters_in_range(
        agent_id = {agent_id:String}, environment = {environment:String},
        since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
    )
    GROUP BY customer, conversation_hash
    HAVING sum(sign) > 0
)
COMMENT 'Distinct customers who wrote in the range, new and returning, and anonymous conversations';

-- A row a channel: engaged conversations by their first known source.
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

-- A row a language: engaged conversations by their last known primary language subtag.
-- Reads engaged_conversations.
CREATE OR REPLACE VIEW languages
AS SELECT
    CAST(engaged.language, 'String') AS language,
    toUInt64(sum(sign)) AS conversations
FROM engaged_conversations(
    agent_id = {agent_id:String}, environment = {environment:String},
    since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
) AS engaged
GROUP BY engaged.language
HAVING conversations > 0
ORDER BY conversations DESC, language
COMMENT 'Engaged conversations by language';

-- A row a language and region: engaged conversations by their last known language tag.
-- Reads engaged_conversations.
CREATE OR REPLACE VIEW language_regions
AS SELECT
    CAST(engaged.language, 'String') AS language,
    CAST(engaged.language_region, 'String') AS region,
    toUInt64(sum(sign)) AS conversations
FROM engaged_conversations(
    agent_id = {agent_id:String}, environment = {environment:String},
    since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
) AS engaged
GROUP BY engaged.language, engaged.language_region
HAVING conversations > 0
ORDER BY conversations DESC, language, region
COMMENT 'Engaged conversations by language and region';

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

-- One row: of the conversations whose earliest visit lies in the range, those that were ever engaged.
-- Reads conversation_facts; its key is the time of engagement, so all conversations of the agent are looked at.
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

