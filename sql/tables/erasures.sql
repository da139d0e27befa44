-- A row is a tombstone: an erased conversation, customer or dead letter that must not return.
-- Written by `python -m stream_processors erase`, and by a worker that finds another conversation of an erased
-- customer. Read by workers when they claim a partition, and by the completion of erasures.
-- No id is stored in clear text: digest is a SHA-256 (stream_processors/clickhouse/tombstones.py). Dashboard users need
-- no grant for this table.
-- ORDER BY: a tombstone is found by its digest. Rows stay for ever; a duplicate has no effect.
CREATE TABLE IF NOT EXISTS erasures
(
    kind LowCardinality(String) COMMENT 'conversation, customer or dead_letter',
    digest FixedString(32) COMMENT 'SHA-256 of what was erased: of its agent, environment and id, or of its bytes',
    conversation_hash UInt64 COMMENT 'conversation: the hash under which the tables keep it, else 0',
    key_digest FixedString(32) COMMENT 'conversation: SHA-256 of the key of its records, else zeros',
    erased_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'time of the erasure; for a customer everything until then'
)
ENGINE = MergeTree
ORDER BY (kind, digest)
SETTINGS min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'Tombstones of erased data: workers drop matching records';
