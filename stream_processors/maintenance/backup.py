"""Backup and restore of the whole database, with tables and range log of the same moment.

ClickHouse backs up one table after the other. Meanwhile the command claims all partitions: workers wait, and Kafka
keeps new records. A flush that the claim interrupts is unconfirmed in the backup. A backup has no deduplication tokens,
so the owner that replays the flush reconciles every table. After a restore, workers continue at the position of the
backup and read the later records from Kafka again.
"""

import asyncio
import re
from typing import Final

from sql.address import parse_address
from sql.connection import connect
from sql.description import describe
from sql.errors import SchemaError
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.errors import OperatorError
from stream_processors.maintenance.lease import PARTITIONS_SQL, maintenance
from stream_processors.partitions.writer import PASSING_SECONDS

# The disk of ClickHouse for backups, defined in deploy/clickhouse/config.d.
DISK: Final = "backups"

POLL_SECONDS: Final = 0.5
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
STATUS_SQL: Final = (
    "SELECT status, error, uncompressed_size AS bytes FROM system.backups WHERE id = {id:String}"
    " ORDER BY start_time DESC LIMIT 1"
)
# A backup contains the claim of the backup command, with its lease.
RELEASE_SQL: Final = (
    "INSERT INTO owners (topic, partition, owner_epoch, owner_id, layout, partitions, released)"
    " SELECT topic, partition, owner_epoch, owner_id, layout, partitions, 1 FROM owners WHERE lease_until > now64(3)"
)


async def back_up(clickhouse: ClickHouse, owner_id: str, name: str, base: str | None = None) -> int:
    """Back up the database under a name, or what changed since the backup `base`; return its size in bytes.

    Raises OperatorError when ClickHouse fails, or when the tables may not be of the same moment.
    """
    (row,) = await clickhouse.rows("SELECT currentDatabase() AS name")
    settings = f" SETTINGS base_backup = {_place(base)}" if base else ""
    async with maintenance(clickhouse, owner_id) as lease:
        await asyncio.sleep(PASSING_SECONDS)
        size = await _run(clickhouse, f"BACKUP DATABASE {row['name']} TO {_place(name)}{settings}")
        await lease.renew()
        claimed = {(owner_claim.topic, owner_claim.partition) for owner_claim in lease.owner_claims}
        if claimed != {(row["topic"], row["partition"]) for row in await clickhouse.rows(PARTITIONS_SQL)}:
            raise OperatorError(f"a worker claimed a new partition meanwhile, so {name} is unusable: run this again")
    return size


async def _run(clickhouse: ClickHouse, statement: str) -> int:
    """Run a backup to its end, however long it takes; return its size in bytes."""
    (started,) = await clickhouse.rows(f"{statement} ASYNC")
    while True:
        (row,) = await clickhouse.rows(STATUS_SQL, {"id": started["id"]})
        if row["status"] == "BACKUP_CREATED":
            return int(row["bytes"])
        if row["status"] != "CREATING_BACKUP":
            raise OperatorError(f"ClickHouse could not make the backup: {row['error'].split(', Stack trace')[0]}")
        await asyncio.sleep(POLL_SECONDS)


def restore(url: str, name: str, source: str | None = None) -> None:
    """Restore a backup into the empty database of a URL; `source` is the name of the database in the backup.

    The claims are restored last, because the fence refuses every insert without them. They are older than the claim of
    a worker that still runs, so the fence refuses it: it claims again and continues at the position of the backup.
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
        raise OperatorError(f"{name!r} cannot name a backup: use letters, digits, dots, hyphens and underscores")
    return f"Disk('{DISK}', '{name}')"
