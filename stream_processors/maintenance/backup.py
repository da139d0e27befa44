"""Backup and restore of the whole database, so that tables and range log are of one moment.

ClickHouse backs up one table after the other. Meanwhile all partitions are claimed, as by `rebuild`: workers wait, and
Kafka keeps what arrives. A flush that the claim cuts off is not confirmed in the backup; tokens are not in a backup
either, so whoever replays it compares every table with it. After a restore workers go on at the position of the backup
and read from Kafka again what followed.
"""

import asyncio
import re
from typing import Final

from sql.connection import connect, parse_address
from sql.description import describe
from sql.errors import SchemaError
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.errors import OperatorError
from stream_processors.maintenance.lease import PARTITIONS_SQL, maintenance
from stream_processors.partitions.writer import PASSING_SECONDS

# The disk of ClickHouse that backups go to; deploy/clickhouse/config.d says where it is.
DISK: Final = "backups"

POLL_SECONDS: Final = 0.5
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
STATUS_SQL: Final = (
    "SELECT status, error, uncompressed_size AS bytes FROM system.backups WHERE id = {id:String}"
    " ORDER BY start_time DESC LIMIT 1"
)
# The claim of the backup is in it, with its lease.
RELEASE_SQL: Final = (
    "INSERT INTO owners (topic, partition, owner_epoch, owner_id, layout, partitions, released)"
    " SELECT topic, partition, owner_epoch, owner_id, layout, partitions, 1 FROM owners WHERE lease_until > now64(3)"
)


async def back_up(clickhouse: ClickHouse, owner_id: str, name: str, base: str | None = None) -> int:
    """Back up the database under a name, or what changed since the backup `base`; return its bytes.

    Raises OperatorError when ClickHouse refuses, or when the tables may not be of one moment.
    """
    (row,) = await clickhouse.rows("SELECT currentDatabase() AS name")
    settings = f" SETTINGS base_backup = {_place(base)}" if base else ""
    async with maintenance(clickhouse, owner_id) as held:
        await asyncio.sleep(PASSING_SECONDS)
        size = await _run(clickhouse, f"BACKUP DATABASE {row['name']} TO {_place(name)}{settings}")
        await held.renew()
        claimed = {(owner_claim.topic, owner_claim.partition) for owner_claim in held.owner_claims}
        if claimed != {(row["topic"], row["partition"]) for row in await clickhouse.rows(PARTITIONS_SQL)}:
            raise OperatorError(f"a partition was written for the first time meanwhile: {name} is of no use, run again")
    return size


async def _run(clickhouse: ClickHouse, statement: str) -> int:
    """Run a backup to its end, however long that takes; return its bytes."""
    (started,) = await clickhouse.rows(f"{statement} ASYNC")
    while True:
        (row,) = await clickhouse.rows(STATUS_SQL, {"id": started["id"]})
        if row["status"] == "BACKUP_CREATED":
            return int(row["bytes"])
        if row["status"] != "CREATING_BACKUP":
            raise OperatorError(f"ClickHouse made no backup: {row['error'].split(', Stack trace')[0]}")
        await asyncio.sleep(POLL_SECONDS)


def restore(url: str, name: str, source: str | None = None) -> None:
    """Restore a backup into the database of the address, which has to be empty; `source` is its name in the backup.

    The claims come last: without them the fence refuses every insert, and as they are of before, a worker that was not
    stopped is refused afterwards too, claims again and goes on at the position of the backup.
    """
    try:
        database = connect(parse_address(url))
        if describe(database):
            raise OperatorError(
                f"{database.name} is not empty: stop the workers, drop it (DROP DATABASE {database.name} SYNC), and"
                " run this again"
            )
        of, to = source or database.name, database.name
        database.run(f"RESTORE DATABASE {of} AS {to} EXCEPT TABLE {of}.owners FROM {_place(name)}", inside=False)
        database.run(f"RESTORE TABLE {of}.owners AS {to}.owners FROM {_place(name)}", inside=False)
        database.run(RELEASE_SQL)
    except SchemaError as error:
        raise OperatorError(str(error)) from error


def _place(name: str) -> str:
    if not NAME.fullmatch(name):
        raise OperatorError(f"{name!r} cannot name a backup: letters, digits, dot, hyphen and underscore can")
    return f"Disk('{DISK}', '{name}')"
