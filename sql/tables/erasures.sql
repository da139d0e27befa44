-- A row is a tombstone: a conversation, a customer or one dead letter that was erased, and must not come back.
-- Written by `python -m stream_processors erase`, and by a worker that meets a conversation of an erased customer;
-- read by workers when they claim a partition, and by what completes an erasure. No id stands here in clear: digest is
-- a SHA-256 (see stream_processors/clickhouse/tombstones.py). Users of dashboards need no grant for this table.
-- ORDER BY: a tombstone is found by what it covers. Nothing removes rows; a row that is there twice says the same.
CREATE TABLE IF NOT EXISTS erasures
(
    kind LowCardinality(String) COMMENT 'conversation, customer or dead_letter',
    digest FixedString(32) COMMENT 'SHA-256 of what was erased: of its agent, environment and id, or of its bytes',
    conversation_hash UInt64 COMMENT 'conversation: the hash under which the tables keep it, else 0',
    key_digest FixedString(32) COMMENT 'conversation: SHA-256 of the key of its records, else zeros',
    erased_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when it was erased; of a customer all until then'
)
ENGINE = MergeTree
ORDER BY (kind, digest)
SETTINGS min_free_disk_bytes_to_perform_insert = 16777216
COMMENT 'Tombstones of what was erased: workers drop what would bring it back';
