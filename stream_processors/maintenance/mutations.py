"""Mutations: rows are removed for good, in parts that ClickHouse writes anew, however long that takes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from stream_processors.clickhouse.client import ClickHouse, Parameters
from stream_processors.errors import OperatorError

POLL_SECONDS: Final = 0.05
LONGEST_POLL_SECONDS: Final = 2.0
RENEW_SECONDS: Final = 5.0
UNDER_WAY_SQL: Final = (
    "SELECT count() AS mutations, max(latest_fail_reason) AS failure FROM system.mutations"
    " WHERE database = currentDatabase() AND table = {table:String} AND NOT is_done"
)

# Called again and again while a mutation is under way.
Renew = Callable[[], Awaitable[None]]


async def count_rows(clickhouse: ClickHouse, table: str, condition: str, parameters: Parameters | None = None) -> int:
    """Return how many rows of a table fulfil a condition."""
    sql = f"SELECT count() AS rows FROM {table} WHERE {condition}"  # noqa: S608 - our own SQL
    rows = await clickhouse.rows(sql, parameters)
    return int(rows[0]["rows"])


async def delete_rows(clickhouse: ClickHouse, table: str, condition: str, renew: Renew) -> int:
    """Delete the rows of a table that fulfil a condition; return how many there were.

    The condition names no person: ClickHouse keeps the text of mutations.
    """
    rows = await count_rows(clickhouse, table, condition)
    if rows:
        await mutate(clickhouse, table, f"DELETE WHERE {condition}", renew)
    return rows


async def mutate(clickhouse: ClickHouse, table: str, mutation: str, renew: Renew) -> None:
    """Have a mutation made and wait until it is; raises OperatorError when ClickHouse cannot make it."""
    # Not in one request, which would end with the client's time-out.
    await clickhouse.command(f"ALTER TABLE {table} {mutation} SETTINGS mutations_sync = 0")
    seconds, renewed = POLL_SECONDS, time.monotonic()
    while (row := (await clickhouse.rows(UNDER_WAY_SQL, {"table": table}))[0])["mutations"]:
        if row["failure"]:
            raise OperatorError(f"ClickHouse cannot remove rows of {table}: {row['failure']}")
        if time.monotonic() - renewed > RENEW_SECONDS:
            await renew()
            renewed = time.monotonic()
        await asyncio.sleep(seconds)
        seconds = min(LONGEST_POLL_SECONDS, seconds * 1.5)
