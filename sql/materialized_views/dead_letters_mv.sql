-- Carries the dead letters of a flush into dead_letters.
-- Runs once for each insert into inbox; a repeated deduplication token is dropped by the target itself.
CREATE MATERIALIZED VIEW IF NOT EXISTS dead_letters_mv TO dead_letters
AS SELECT
    topic, partition, log_epoch, offset, received_at, reason, reason_code, raw, has_value, key, headers
FROM admitted
WHERE kind = 'dead_letter'
COMMENT 'Fills dead_letters from admitted';
