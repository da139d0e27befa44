"""Chunks: conversations, all or only recent ones, in groups that fit into memory.

The conversations of a chunk are neighbours in the tables, by agent and by time, so a query for them reads little else.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.fact_tables import DERIVED_TABLES, hash_condition

EVENTS_PER_CHUNK: Final = 50_000
RECEIVED: Final = (
    "conversation_hash IN (SELECT conversation_hash FROM events WHERE received_at >= fromUnixTimestamp64Milli({since}))"
)
DATED: Final = "quarter_hour >= intDiv({since}, 900000)"
HASHES_SQL: Final = (
    "SELECT conversation_hash FROM ({sources}) GROUP BY conversation_hash"
    " ORDER BY any(cityHash64(agent_id, environment)), min(quarter_hour)"
)
SOURCE_SQL: Final = "SELECT conversation_hash, agent_id, environment, quarter_hour FROM {table} WHERE {condition}"


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """One of `count` chunks; `hashes` is a numpy array of conversation hashes."""

    number: int
    count: int
    hashes: Any

    @property
    def condition(self) -> str:
        """The SQL condition for the rows of the chunk in any table; it consists of integers."""
        return hash_condition(self.hashes.tolist())


async def split_conversations(clickhouse: ClickHouse, since: int | None = None) -> list[Chunk]:
    """Return all conversations in chunks, or those with events received or facts dated since a time.

    Each chunk has about `EVENTS_PER_CHUNK` events.
    """
    received, dated = ("TRUE", "TRUE") if since is None else (RECEIVED, DATED)
    conditions = {"events": received, **dict.fromkeys(DERIVED_TABLES, dated)}
    sources = " UNION ALL ".join(SOURCE_SQL.format(table=table, condition=each) for table, each in conditions.items())
    hashes = await clickhouse.column(HASHES_SQL.format(sources=sources).format(since=since))
    events = await clickhouse.rows(f"SELECT count() AS n FROM events WHERE {received}".format(since=since))  # noqa: S608
    arrays = np.array_split(hashes, events[0]["n"] // EVENTS_PER_CHUNK + 1)
    return [Chunk(number, len(arrays), array) for number, array in enumerate(arrays)]
