"""Faults of ClickHouse's storage: a full disk, too many parts, and a single table that rejects inserts."""

import contextlib
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clickhouse_connect.driver.exceptions import ClickHouseError

from tests.faults.catalogue.kinds import Block, FaultKind
from tests.faults.fault_stack import FaultStack

TABLES_SQL = "SELECT name FROM system.tables WHERE database = 'convostream' AND engine LIKE '%MergeTree' ORDER BY name"
NO_SPACE = ("min_free_disk_bytes_to_perform_insert", str(10**18), "16777216")
TOO_MANY = ("parts_to_throw_insert", "1", "3000")

# Less than any part needs, and far less than the tables require for an insert.
LEFT_BYTES = 64 * 1024


def _change(stack: FaultStack, table: str, action: str) -> None:
    client = stack.writer()
    try:
        client.command(f"ALTER TABLE convostream.{table} {action}")
    finally:
        client.close()


def _refusing(setting: tuple[str, str, str]) -> Block:
    """Make one table reject inserts: tables before it in the chain of views have the block, those after it do not."""

    @contextmanager
    def block(stack: FaultStack) -> Iterator[None]:
        (name, value, before), tables = setting, stack.rows(TABLES_SQL)
        table = str(stack.chance.choice(tables)[0])
        with contextlib.suppress(ClickHouseError):
            _change(stack, table, f"MODIFY SETTING {name} = {value}")
        yield
        _change(stack, table, f"MODIFY SETTING {name} = {before}")

    return block


@contextmanager
def _disk_full(stack: FaultStack) -> Iterator[None]:
    """Fill the disk at once: inserts that are running may fit or fail, new ones are rejected."""
    ballast = stack.disk / "ballast"
    while not _filled(ballast):
        ballast.unlink(missing_ok=True)
    yield
    ballast.unlink()


def _filled(ballast: Path) -> bool:
    """Take the free space of the disk; return False if another process took some of it meanwhile."""
    usage = os.statvfs(ballast.parent)
    with ballast.open("wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, max(1, usage.f_bavail * usage.f_frsize - LEFT_BYTES))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return False
    return True


KINDS = (
    FaultKind("disk of ClickHouse full", "clickhouse", _disk_full, (2, 5), needs_disk=True, weight=3),
    FaultKind("no space for one table", "clickhouse", _refusing(NO_SPACE), (1, 4), weight=3),
    FaultKind("too many parts in one table", "clickhouse", _refusing(TOO_MANY), (1, 4), weight=3),
)
