-- A row is the latest range of one partition: how far the partition is written, and whether that is confirmed.
-- The latest range has the highest owner_epoch, then log_epoch, then first; the row that confirms it is the later one.
-- A plain view over ranges, which workers write through range_inbox; read by workers, audits, the dashboard and people.
-- LIMIT BY instead of argMax: a condition on topic and partition reaches the primary key, columns that a query does
-- not name are not read, and 2 million ranges take a third of the time.
CREATE OR REPLACE VIEW latest_ranges
(
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    log_epoch UInt64 COMMENT 'epoch of the Kafka log that the offsets belong to',
    owner_epoch UInt64 COMMENT 'epoch of the claim that the flush was written with',
    first UInt64 COMMENT 'offset of the first record of the flush',
    last UInt64 COMMENT 'offset of the last record of the flush, inclusive',
    rows UInt32 COMMENT 'rows of the block, of all kinds',
    partitions UInt32 COMMENT 'partition count of the topic when the rows were computed',
    fold_version String COMMENT 'fold version of the facts of this flush',
    last_record_time DateTime64(3, 'UTC') COMMENT 'Kafka timestamp of the record at last',
    last_record_hash UInt64 COMMENT 'hash of the record at last',
    confirmed UInt8 COMMENT '1 if the flush is written to all tables',
    seen_at DateTime64(3, 'UTC') COMMENT 'when a worker first read the records, by its own clock',
    proofs Array(Tuple(offset UInt64, received_at DateTime64(3, 'UTC'), is_replay UInt8))
        COMMENT 'records with verified headers: time of receipt, and 1 if they replay a dead letter'
)
AS SELECT
    topic, partition, log_epoch, owner_epoch, first, last, rows, partitions, fold_version, last_record_time,
    last_record_hash, confirmed, seen_at, proofs
FROM ranges
ORDER BY topic, partition, owner_epoch DESC, log_epoch DESC, first DESC, confirmed DESC
LIMIT 1 BY topic, partition
COMMENT 'The latest range of each partition'
