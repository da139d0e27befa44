"""The check of the schema version that a worker makes before it claims a partition."""

from typing import Final

from sql import SCHEMA_VERSION
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.errors import BlockRefused, SchemaMismatch

VERSION_SQL: Final = "SELECT max(version) AS version FROM schema_versions WHERE migration = ''"
WITHOUT_VERSION: Final = 1
UNKNOWN_TABLE: Final = "UNKNOWN_TABLE"


async def check_schema(clickhouse: ClickHouse) -> None:
    """Raise SchemaMismatch unless the database has the version of the schema that this worker writes."""
    version = await _version(clickhouse)
    if version < SCHEMA_VERSION:
        raise SchemaMismatch(
            f"the database has version {version} of the schema and this worker needs {SCHEMA_VERSION}:"
            " run `python -m sql apply`"
        )
    if version > SCHEMA_VERSION:
        raise SchemaMismatch(
            f"the database has version {version} of the schema and this worker knows {SCHEMA_VERSION}:"
            " start the release that made it, or a later one"
        )


async def _version(clickhouse: ClickHouse) -> int:
    """Return the version that was applied completely; release 0.1.0 recorded none."""
    try:
        (row,) = await clickhouse.rows(VERSION_SQL)
    except BlockRefused as error:
        if UNKNOWN_TABLE not in str(error):
            raise
        return WITHOUT_VERSION
    return int(row["version"])
