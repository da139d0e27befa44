"""Mutations: delete or update rows by rewriting parts, and wait for it however long it takes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from stream_processors.clickhouse.client import ClickHouse, Parameters
from stream_processors.errors import OperatorError

POLL_SECONDS: Final = 0.05
LONGEST_POLL_SECONDS: Final = 2.0
RENEW_SECONDS: Final = 5.0
UNFINISHED_SQL: Final = (
    "SELECT count() AS mutations, max(latest_fail_reason) AS failure FROM system.mutations"
    " WHERE database = currentDatabase() AND table = {table:String} AND NOT is_done"
)

# Called repeatedly while a mutation runs.
Renew = Callable[[], Awaitable[None]]


async def count_rows(clickhouse: ClickHouse, table: str, condition: str, parameters: Parameters | None = None) -> int:
    """Return the number of rows of a table that fulfil a condition."""
    sql = f"SELECT count() AS rows FROM {table} WHERE {condition}"  # noqa: S608 - our own SQL
    rows = await clickhouse.rows(sql, parameters)
    return int(rows[0]["rows"])


async def delete_rows(clickhouse: ClickHouse, table: str, condition: str, renew: Renew) -> int:
    """Delete the rows of a table that fulfil a condition; return their number.

    The condition must not name a person, because ClickHouse keeps the text of mutations.
    """
    rows = await count_rows(clickhouse, table, condition)
    if rows:
        await mutate(clickhouse, table, f"DELETE WHERE {condition}", renew)
    return rows


async def mutate(clickhouse: ClickHouse, table: str, mutation: str, renew: Renew) -> None:
    """Run a mutation to its end; raises OperatorError when ClickHouse fails."""
    # Asynchronously: one long request would run into the timeout of the client.
    await clickhouse.command(f"ALTER TABLE {table} {mutation} SETTINGS mutations_sync = 0")
    seconds, renewed = POLL_SECONDS, time.monotonic()
    while (row := (await clickhouse.rows(UNFINISHED_SQL, {"table": table}))[0])["mutations"]:
        if row["failure"]:
            raise OperatorError(f"ClickHouse cannot change rows of {table}: {row['failure']}")
        if time.monotonic() - renewed > RENEW_SECONDS:
            await renew()
            renewed = time.monotonic()
        await asyncio.sleep(seconds)
        seconds = min(LONGEST_POLL_SECONDS, seconds * 1.5)
