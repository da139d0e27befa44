"""Many events in little time: what the worker wrote of some is copied inside ClickHouse, events and facts alike.

A copy is other conversations of other customers, later by whole quarter-hours, with calls that take a little longer:
there are as many durations as there would be. Everything that is derived of a conversation moves with its times, so the
copy of a fact is the fact of the copied events: that is checked afterwards on a sample, which the worker's own fold
computes anew from its events.
"""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Final

import pyarrow as pa
from clickhouse_connect.driver.client import Client

from benchmarks.harness.contender import ContenderFailed
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.fact_tables import FACT_TABLES, missing_facts
from stream_processors.conversations.key import ConversationKey, conversation_hash
from stream_processors.settings import WorkerSettings
from stream_processors.state.loader import recompute_facts

TABLES: Final = ("events", "activity", "conversation_facts", "session_facts", "exchange_facts", "end_user_activity")
COPIES_AT_ONCE: Final = 10
COPIES_OF_A_CUSTOMER: Final = 3

# Copies spread over 29 days, so that those of 30 days are all there are.
SPREAD_QUARTER_HOURS: Final = 29 * 96

# One conversation in so many is folded again.
SAMPLE: Final = 997

COPIES_SQL: Final = (
    "CREATE OR REPLACE TABLE copies (conversation_hash UInt64, copied_hash UInt64, copied_id String, copy UInt32,"
    " quarter_hours UInt32) ENGINE = Memory"
)
COLUMNS_SQL: Final = (
    "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String}"
    " ORDER BY position"
)
CONVERSATIONS_SQL: Final = "SELECT DISTINCT agent_id, environment, conversation_id, conversation_hash FROM events"
SETTINGS: Final = {"insert_deduplicate": 0, "max_partitions_per_insert_block": 1_000}


class Copies:
    """The data of a small run, and how often they are there."""

    def __init__(self, writer: Client, last_copy: int) -> None:
        self._client = writer
        self._quarter_hours = SPREAD_QUARTER_HOURS // last_copy
        self._conversations = list(writer.query(CONVERSATIONS_SQL).named_results())
        self._first = writer.query("SELECT count() FROM events").result_rows[0][0]
        self._columns = {table: _columns(writer, table) for table in TABLES}
        for table in TABLES:
            writer.command(f"CREATE TABLE template_{table} AS {table} ENGINE = Memory")
            writer.command(f"INSERT INTO template_{table} SELECT * FROM {table}")  # noqa: S608  (names of ours)
        self.copies = 1

    @property
    def events(self) -> int:
        """How many events there are."""
        return int(self._first * self.copies)

    def grow(self, events: int) -> None:
        """Copy until there are so many events."""
        while self.events < events:
            last = min(self.copies + COPIES_AT_ONCE, -(-events // self._first))
            self._copy(range(self.copies, last))
            self.copies = last

    def _copy(self, copies: range) -> None:
        self._client.command(COPIES_SQL)
        self._client.insert_arrow("copies", pa.Table.from_pylist(list(self._rows(copies)), schema=COPIES_SCHEMA))
        for table in TABLES:
            values = ", ".join(value_of(name, kind) for name, kind in self._columns[table].items())
            self._client.command(
                f"INSERT INTO {table} SELECT {values} FROM template_{table} AS t"  # noqa: S608  (names of ours)
                " INNER JOIN copies AS c ON t.conversation_hash = c.conversation_hash",
                settings=SETTINGS,
            )

    def _rows(self, copies: range) -> Iterator[Mapping[str, object]]:
        for conversation in self._conversations:
            for copy in copies:
                name = f"{conversation['conversation_id']}-{copy}"
                key = ConversationKey(conversation["agent_id"], conversation["environment"], name)
                yield {
                    "conversation_hash": conversation["conversation_hash"],
                    "copied_hash": conversation_hash(key),
                    "copied_id": name,
                    "copy": copy,
                    "quarter_hours": copy * self._quarter_hours,
                }


COPIES_SCHEMA: Final = pa.schema(
    [
        ("conversation_hash", pa.uint64()),
        ("copied_hash", pa.uint64()),
        ("copied_id", pa.string()),
        ("copy", pa.uint32()),
        ("quarter_hours", pa.uint32()),
    ]
)


def _columns(writer: Client, table: str) -> Mapping[str, str]:
    rows = writer.query(COLUMNS_SQL, {"table": table}).named_results()
    return {str(row["name"]): str(row["type"]) for row in rows}


def value_of(column: str, kind: str) -> str:
    """Return what a copy has in a column. A time of 1970 and the quarter-hour 0 are none, and stay."""
    if column == "conversation_hash":
        return "c.copied_hash"
    if column == "conversation_id":
        return "c.copied_id"
    if column in ("customer", "customer_id"):
        return f"if(t.{column} = '', '', concat(t.{column}, '-', toString(intDiv(c.copy, {COPIES_OF_A_CUSTOMER}))))"
    if column in ("duration_ms", "call_duration_ms"):
        return f"t.{column} + c.copy / 1024"
    if column == "quarter_hour":
        return "if(t.quarter_hour = 0, 0, t.quarter_hour + c.quarter_hours)"
    if "DateTime64" in kind and column != "received_at":
        moved = f"t.{column} + toIntervalSecond(c.quarter_hours * 900)"
        return f"if(toUnixTimestamp64Milli(t.{column}) = 0, t.{column}, {moved})"
    return f"t.{column}"


def check_sample(url: str) -> int:
    """Fold a sample of the conversations anew; raises ContenderFailed when a fact is another one. Returns how many."""
    return asyncio.run(_check_sample(url))


async def _check_sample(url: str) -> int:
    clickhouse, condition = ClickHouse(url, 60), f"conversation_hash % {SAMPLE} = 0"
    segments = await recompute_facts(clickhouse, condition, WorkerSettings().fold_rules)
    for table in FACT_TABLES:
        if wrong := await missing_facts(clickhouse, table, segments.get(table.kind), condition):
            raise ContenderFailed(f"{table.name}: {len(wrong)} facts of the sample differ, such as {next(iter(wrong))}")
    (row,) = await clickhouse.rows(f"SELECT uniqExact(conversation_hash) AS n FROM events WHERE {condition}")  # noqa: S608
    return int(row["n"])
