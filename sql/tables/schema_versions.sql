-- A row says that `python -m sql apply` ran a numbered migration or, without one, that it brought the whole database to
-- a version of the schema.
-- Written by `python -m sql apply`. Read by it, to refuse a database of a newer version, and by workers when they
-- start.
-- ORDER BY: the highest version is the last. Rows are few and stay for ever.
CREATE TABLE IF NOT EXISTS schema_versions
(
    version UInt32 COMMENT 'version of the schema, SCHEMA_VERSION in sql/__init__.py',
    migration String COMMENT 'name of the migration, empty if the whole database has that version',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'time of the row, by the clock of ClickHouse'
)
ENGINE = MergeTree
ORDER BY (version, migration)
COMMENT 'Schema versions and migrations of this database';
