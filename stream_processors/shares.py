"""Shares: all conversations, or those of late, in parts that fit into memory, by their hashes."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from stream_processors.clickhouse import ClickHouse
from stream_processors.refold import among

EVENTS_A_SHARE: Final = 50_000
FACT_TABLES_AND_ACTIVITY: Final = (
    "conversation_facts",
    "session_facts",
    "exchange_facts",
    "end_user_quarters",
    "activity",
)
RECEIVED_SQL: Final = "SELECT conversation_hash FROM events WHERE received_at >= fromUnixTimestamp64Milli({since})"
DATED_SQL: Final = "SELECT conversation_hash FROM {table} WHERE quarter_hour >= intDiv({since}, 900000)"
RECENT_SQL: Final = " UNION DISTINCT ".join(
    [RECEIVED_SQL, *(DATED_SQL.replace("{table}", table) for table in FACT_TABLES_AND_ACTIVITY)]
)


@dataclass(frozen=True, slots=True)
class Share:
    """One of `shares` parts of the conversations; its rows fulfil the condition, made of integers, in every table."""

    number: int
    shares: int
    condition: str


async def all_shares(clickhouse: ClickHouse) -> list[Share]:
    """Return shares of all conversations, each of about `EVENTS_A_SHARE` events."""
    shares = await _count(clickhouse, "TRUE") // EVENTS_A_SHARE + 1
    return [Share(number, shares, f"conversation_hash % {shares} = {number}") for number in range(shares)]


async def recent_shares(clickhouse: ClickHouse, since: int) -> list[Share]:
    """Return shares of the conversations of which an event was received, or a fact is dated, since a time."""
    recent = RECENT_SQL.replace("{since}", str(since))
    hashes = np.sort(await clickhouse.column(recent))
    shares = await _count(clickhouse, f"conversation_hash IN ({recent})") // EVENTS_A_SHARE + 1
    parts = np.array_split(hashes, shares)
    return [Share(number, shares, among(part.tolist())) for number, part in enumerate(parts)]


async def _count(clickhouse: ClickHouse, condition: str) -> int:
    rows = await clickhouse.rows(f"SELECT count() AS events FROM events WHERE {condition}")  # noqa: S608 - integers
    return int(rows[0]["events"])
