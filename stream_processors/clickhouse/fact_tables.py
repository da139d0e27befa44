"""The tables of signed facts, as `rebuild` and `audit` read and write them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from stream_processors.clickhouse.block import Segment, arrow_stream
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.columns import COLUMN_TYPES, FLAG, KIND_COLUMNS, TEXT, TIME

# Columns of `conversation_facts` by their names in the inbox, where the plain names mean columns of events.
RENAMED: Final = {
    "device_class": "device",
    "source_name": "source",
    "language_code": "language",
    "verdict": "rating",
}

# What identifies an event. Should one ever be stored twice, one of its rows counts until an audit removes the other.
EVENT_IDENTITY: Final = "agent_id, environment, conversation_id, event_id"

FactRow = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class FactTable:
    """A table of signed facts: its name, the kind of its rows in the inbox, and its columns there without the sign."""

    name: str
    kind: str
    inbox_columns: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns in the table, without the sign."""
        renamed = RENAMED if self.kind == "conversation_fact" else {}
        return tuple(renamed.get(name, name) for name in self.inbox_columns)

    def rows(self, segment: Segment) -> Iterator[FactRow]:
        """Yield the facts of a segment in the form of the rows of `net_sql`."""
        return zip(*(_plain(segment.columns[name], name) for name in self.inbox_columns), strict=True)

    def block(self, facts: Iterable[tuple[FactRow, int]]) -> tuple[list[str], memoryview]:
        """Return the table's columns, sign included, and signed facts as an Arrow stream."""
        names, kinds = [*self.columns, "sign"], [*self.inbox_columns, "sign"]
        columns = zip(*((*fact, sign) for fact, sign in facts), strict=True)
        arrays = [pa.array(values, type=_stored(kind)) for values, kind in zip(columns, kinds, strict=True)]
        return names, arrow_stream(pa.record_batch(arrays, names=names))

    def net_sql(self, condition: str) -> str:
        """Return the query for the net facts that fulfil a condition: every column as a plain value, and the sign."""
        values = ", ".join(
            _expression(column, name) for column, name in zip(self.columns, self.inbox_columns, strict=True)
        )
        names = ", ".join(self.columns)
        return (
            f"SELECT {values}, net FROM (SELECT {names}, sum(sign) AS net FROM {self.name}"  # noqa: S608 - our own names
            f" WHERE {condition} GROUP BY {names} HAVING net != 0)"
        )


def _expression(column: str, inbox_column: str) -> str:
    if COLUMN_TYPES[inbox_column] == TIME:
        return f"toUnixTimestamp64Milli({column}) AS {column}_value"
    return f"{column} AS {column}_value"


def _plain(values: Iterable[object], inbox_column: str) -> list[object]:
    if COLUMN_TYPES[inbox_column] == TEXT:
        return ["" if value is None else value for value in values]
    return [int(value) if isinstance(value, bool) else value for value in values]


def _stored(inbox_column: str) -> pa.DataType:
    kind = COLUMN_TYPES[inbox_column]
    return pa.uint8() if kind == FLAG else kind


def _table(name: str, kind: str) -> FactTable:
    return FactTable(name, kind, tuple(column for column in KIND_COLUMNS[kind] if column != "sign"))


FACT_TABLES: Final = (
    _table("conversation_facts", "conversation_fact"),
    _table("session_facts", "session_fact"),
    _table("exchange_facts", "exchange_fact"),
    _table("end_user_activity", "end_user_activity"),
)

# The tables that can be recomputed from `events`.
DERIVED_TABLES: Final = (*(table.name for table in FACT_TABLES), "activity")

# The columns that the key of each of them begins with.
KEY_COLUMNS: Final = ("agent_id", "environment", "quarter_hour", "conversation_hash")

ACTIVITY_COUNTS: Final = ("end_user_messages", "agent_messages", "actions", "buttons")


async def missing_facts(
    clickhouse: ClickHouse, table: FactTable, segment: Segment | None, condition: str
) -> dict[FactRow, int]:
    """Return how often each recomputed fact is missing in a table; a negative number is a surplus."""
    facts: Counter[FactRow] = Counter(table.rows(segment) if segment else ())
    for row in await clickhouse.rows(table.net_sql(condition)):
        *values, net = row.values()
        facts[tuple(values)] -= net
    return {fact: missing for fact, missing in facts.items() if missing}


def events_once(condition: str) -> str:
    """Return the source of the stored events that fulfil a condition, each once; it stands after FROM."""
    return f"(SELECT * FROM events WHERE {condition} LIMIT 1 BY {EVENT_IDENTITY})"  # noqa: S608 - integers


def activity_sql(condition: str) -> str:
    """Return the query for the rows of `activity` that the events under a condition make, as activity_mv does."""
    return (
        "SELECT agent_id, environment, quarter_hour, conversation_hash,"  # noqa: S608 - conditions are made of integers
        " countIf(sender = 'end_user') AS end_user_messages, countIf(sender = 'agent') AS agent_messages,"
        f" countIf(type = 'action') AS actions, countIf(type = 'button') AS buttons FROM {events_once(condition)}"
        " WHERE type IN ('action', 'button') OR (type = 'message' AND sender IN ('end_user', 'agent'))"
        " GROUP BY agent_id, environment, quarter_hour, conversation_hash"
    )


def hash_condition(hashes: Iterable[object]) -> str:
    """Return the SQL condition for the rows of some conversations."""
    return f"conversation_hash IN ({','.join(str(int(str(value))) for value in hashes) or 'NULL'})"
