-- The fence: refuses a whole flush (throwIf, error 395) unless its owner is the latest claimant of its partition,
-- before any target gets a row of it. The claims are read again at every insert.
CREATE MATERIALIZED VIEW IF NOT EXISTS inbox_accepted_mv TO inbox_accepted
AS SELECT *
FROM inbox
WHERE NOT throwIf(
    (topic, partition, owner_epoch, owner_id) NOT IN (
        SELECT topic, partition, owner_epoch, owner_id FROM current_owners
    ),
    'CONVOSTREAM_STALE_OWNER: another worker has claimed this partition since'
)
COMMENT 'Carries a flush past the fence into inbox_accepted';
