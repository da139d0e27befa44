-- A row is one audit: what it compared, what differed from the events, and what was repaired.
-- Written by `python -m stream_processors audit` when it ends. Read by the dashboard, and by the workers, which publish
-- the latest audit as metrics and start the next one when it is due.
-- ORDER BY: the latest audits are contiguous. Rows are few and stay for ever.
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
