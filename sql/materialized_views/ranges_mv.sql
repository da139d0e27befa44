-- The fence of the range log: refuses a range (throwIf, error 395) unless its owner is the latest claimant of its
-- partition. The claims are read again at every insert.
CREATE MATERIALIZED VIEW IF NOT EXISTS ranges_mv TO ranges
AS SELECT *
FROM range_inbox
WHERE NOT throwIf(
    (topic, partition, owner_epoch, owner_id) NOT IN (
        SELECT topic, partition, owner_epoch, owner_id FROM current_owners
    ),
    'CONVOSTREAM_STALE_OWNER: another worker has claimed this partition since'
)
COMMENT 'Carries a range past the fence into the range log';
