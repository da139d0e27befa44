"""Shares: all conversations, or those of late, in parts that fit into memory.

A share's conversations stand together in the tables, by agent and by time: a query for them reads little else.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.fact_tables import DERIVED_TABLES, hash_condition

EVENTS_A_SHARE: Final = 50_000
RECEIVED: Final = (
    "conversation_hash IN (SELECT conversation_hash FROM events WHERE received_at >= fromUnixTimestamp64Milli({since}))"
)
DATED: Final = "quarter_hour >= intDiv({since}, 900000)"
HASHES_SQL: Final = (
    "SELECT conversation_hash FROM ({sources}) GROUP BY conversation_hash"
    " ORDER BY any(cityHash64(agent_id, environment)), min(quarter_hour)"
)
PLACES_SQL: Final = "SELECT conversation_hash, agent_id, environment, quarter_hour FROM {table} WHERE {condition}"


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """One of `shares` parts of the conversations, by their hashes."""

    number: int
    shares: int
    hashes: Any

    @property
    def condition(self) -> str:
        """The SQL condition that the share's rows fulfil in every table; made of integers."""
        return hash_condition(self.hashes.tolist())


async def split_conversations(clickhouse: ClickHouse, since: int | None = None) -> list[Share]:
    """Return shares of all conversations, or of those of which something was received, or is dated, since a time.

    Each has about `EVENTS_A_SHARE` events.
    """
    received, dated = ("TRUE", "TRUE") if since is None else (RECEIVED, DATED)
    conditions = {"events": received, **dict.fromkeys(DERIVED_TABLES, dated)}
    sources = " UNION ALL ".join(PLACES_SQL.format(table=table, condition=each) for table, each in conditions.items())
    hashes = await clickhouse.column(HASHES_SQL.format(sources=sources).format(since=since))
    events = await clickhouse.rows(f"SELECT count() AS n FROM events WHERE {received}".format(since=since))  # noqa: S608
    parts = np.array_split(hashes, events[0]["n"] // EVENTS_A_SHARE + 1)
    return [Share(number, len(parts), part) for number, part in enumerate(parts)]
