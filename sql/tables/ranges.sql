-- A row says that one flush (the records first to last of one partition) was started or, with confirmed = 1, that it
-- is written to all tables.
-- Written by the worker through range_inbox, before the flush itself. Read by the worker that takes over the partition
-- (to find its position and what to replay) and by audits, through the view latest_ranges.
-- ORDER BY: the latest range of a partition has the highest owner_epoch, then the highest first.
-- The deduplication window drops a repeated insert of the same row.
CREATE TABLE IF NOT EXISTS ranges
(
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    log_epoch UInt64 COMMENT 'epoch of the Kafka log that the offsets belong to',
    owner_epoch UInt64 COMMENT 'epoch of the claim that the flush was written with',
    owner_id String COMMENT 'id of the worker that wrote the flush',
    first UInt64 COMMENT 'offset of the first record of the flush',
    last UInt64 COMMENT 'offset of the last record of the flush, inclusive',
    rows UInt32 COMMENT 'rows of the block, of all kinds',
    partitions UInt32 COMMENT 'partition count of the topic when the rows were computed',
    fold_version String COMMENT 'fold version of the facts of this flush',
    last_record_time DateTime64(3, 'UTC') COMMENT 'Kafka timestamp of the last record, to detect a replaced log',
    last_record_hash UInt64 COMMENT 'hash of the last record, to detect a replaced log',
    confirmed UInt8 COMMENT '1 if the flush is written to all tables',
    seen_at DateTime64(3, 'UTC') DEFAULT written_at COMMENT 'when a worker first read the records, by its own clock',
    proofs Array(Tuple(offset UInt64, received_at DateTime64(3, 'UTC'), is_replay UInt8))
        COMMENT 'records with verified headers: time of receipt, and 1 if they replay a dead letter',
    written_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when the row was written, by the clock of ClickHouse'
)
ENGINE = MergeTree
ORDER BY (topic, partition, owner_epoch, first)
SETTINGS
    non_replicated_deduplication_window = 100000,
    min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'The range log: the written offsets of each partition';
