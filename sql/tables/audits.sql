-- A row is one audit: what it compared, the differences from the events, and the repairs.
-- Written by `python -m stream_processors audit` when it ends. Read by the dashboard, and by the workers, which publish
-- the latest audit as metrics and start the next one when it is due.
-- ORDER BY: the latest audits are contiguous. Rows are few and stay for ever.
CREATE TABLE IF NOT EXISTS audits
(
    started_at DateTime64(3, 'UTC') COMMENT 'start, by the clock of ClickHouse',
    finished_at DateTime64(3, 'UTC') COMMENT 'end',
    auditor_id String COMMENT 'host, process and a random part',
    since Nullable(DateTime64(3, 'UTC')) COMMENT 'only conversations with events received since then, NULL for all',
    conversations UInt64 COMMENT 'number of compared conversations',
    touched UInt64 COMMENT 'conversations left for the next audit, because flushes kept changing them',
    differences Map(LowCardinality(String), UInt64) COMMENT 'missing and duplicate rows, by table',
    examples Array(Tuple(
        table String,
        agent_id String,
        environment String,
        quarter_hour UInt32,
        conversation_hash UInt64,
        missing UInt64,
        surplus UInt64
    )) COMMENT 'the first hundred differences',
    repaired UInt64 COMMENT 'rows that the repair inserted or deleted',
    is_clean UInt8 COMMENT '1 if no difference remains, which a repair verifies'
)
ENGINE = MergeTree
ORDER BY started_at
COMMENT 'Comparisons of derived tables with the events: differences and repairs';
