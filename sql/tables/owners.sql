-- A row is one claim of one partition by one worker or maintenance command; rows are never changed.
-- Written by a claimant before it reads the range log. Read by the fence, in inbox_accepted_mv and ranges_mv, at every
-- insert.
-- The latest claim is the greatest (owner_epoch, owner_id). The current partition count of a topic is that of the
-- greatest (layout, partitions): a claimant under another count assigns conversations to other partitions, so the fence
-- refuses it too.
-- ORDER BY: the claims of a partition are contiguous, the latest one last. Rows are few and stay for ever.
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
