-- A row is the claim of a partition whose owner may write: the latest one, unless it was made under another partition
-- count of the topic than the latest. Read by the fence at every insert.
CREATE OR REPLACE VIEW current_owners
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
COMMENT 'Who may write each partition now'
