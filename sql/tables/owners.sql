-- A row is one claim of one partition by one worker or maintenance command; rows are never changed.
-- Written by a claimant before it reads the range log. Read by the fence, in inbox_accepted_mv and ranges_mv, at every
-- insert.
-- The latest claim is the greatest (owner_epoch, owner_id). The current partition count of a topic is that of the
-- greatest (layout, partitions): a claimant with another count assigns conversations to other partitions, so the fence
-- rejects it too.
-- ORDER BY: the claims of a partition are contiguous, the latest one last. Rows are few and stay for ever.
CREATE TABLE IF NOT EXISTS owners
(
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    owner_epoch UInt64 COMMENT 'one above the highest epoch that the claimant saw',
    owner_id String COMMENT 'id of the claimant; decides between two claims of one epoch',
    layout UInt64 COMMENT 'increases when a claimant finds another partition count than earlier claims',
    partitions UInt32 COMMENT 'partition count of the topic that the claimant found',
    claimed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when the claim was written, by the clock of ClickHouse',
    lease_until Nullable(DateTime64(3, 'UTC')) COMMENT 'for maintenance claims: workers wait until then',
    released UInt8 DEFAULT 0 COMMENT '1 if the claimant has released the partition'
)
ENGINE = MergeTree
ORDER BY (topic, partition, owner_epoch)
COMMENT 'Claims of partitions: only the latest claimant of a partition may write';
