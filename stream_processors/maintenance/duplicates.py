"""Surplus: rows of `events` and of the dead letters that are there more than once.

The first one stays. A copy is named by its part and its place in it: parts never change, so a name that is out of date
(the part was merged meanwhile) removes nothing, and the copies are looked for again.
"""

from typing import Final

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.fact_tables import EVENT_IDENTITY
from stream_processors.errors import OperatorError
from stream_processors.maintenance.report import NO_CONVERSATION, Difference

# What makes rows of a table the same, and by what they are put in order of arrival.
TABLES: Final = {
    "events": (EVENT_IDENTITY, "received_at, log_epoch, offset"),
    "dead_letter_records": ("topic, partition, log_epoch, offset", "written_at"),
}

# The rows of dead letters that tell of a record: each record makes one.
LETTERS: Final = "topic != ''"

EVENTS_SQL: Final = (
    "SELECT agent_id, environment, min(quarter_hour) AS quarter, conversation_hash,"
    " count() - uniqExact(conversation_id, event_id) AS surplus FROM events WHERE {condition}"
    " GROUP BY agent_id, environment, conversation_hash HAVING surplus > 0"
)
LETTERS_SQL: Final = (
    "SELECT toUInt32(intDiv(toUnixTimestamp(min(received_at)), 900)) AS quarter, count() - 1 AS surplus"
    " FROM dead_letter_records WHERE topic != '' GROUP BY topic, partition, log_epoch, offset HAVING surplus > 0"
)
COPIES_SQL: Final = (
    "SELECT _part AS part, _part_offset AS place FROM (SELECT _part, _part_offset, row_number() OVER"
    " (PARTITION BY {identity} ORDER BY {arrival}, _part, _part_offset) AS copy FROM {table} WHERE {condition})"
    " WHERE copy > 1 LIMIT 10000"
)
ROUNDS: Final = 1_000


async def surplus_events(clickhouse: ClickHouse, condition: str) -> list[Difference]:
    """Return of which conversations events are there more than once."""
    rows = await clickhouse.rows(EVENTS_SQL.replace("{condition}", condition))
    return [
        Difference(
            "events",
            row["agent_id"],
            row["environment"],
            row["quarter"],
            row["conversation_hash"],
            missing=0,
            surplus=row["surplus"],
        )
        for row in rows
    ]


async def surplus_letters(clickhouse: ClickHouse) -> list[Difference]:
    """Return the dead letters' rows that are there more than once."""
    return [
        Difference("dead_letter_records", "", "", row["quarter"], NO_CONVERSATION, missing=0, surplus=row["surplus"])
        for row in await clickhouse.rows(LETTERS_SQL)
    ]


async def remove_surplus(clickhouse: ClickHouse, table: str, condition: str) -> int:
    """Remove all copies but the first among the rows that fulfil a condition; return how many there were."""
    identity, arrival = TABLES[table]
    query = COPIES_SQL.format(identity=identity, arrival=arrival, table=table, condition=condition)
    removed = 0
    for _ in range(ROUNDS):
        copies = await clickhouse.rows(query)
        if not copies:
            return removed
        before = await _count(clickhouse, table)
        named = ", ".join(f"('{row['part']}', {row['place']})" for row in copies)
        await clickhouse.command(
            f"ALTER TABLE {table} DELETE WHERE (_part, _part_offset) IN ({named}) SETTINGS mutations_sync = 1"
        )
        removed += before - await _count(clickhouse, table)
    raise OperatorError(f"copies in {table} cannot be removed: its parts keep changing; run this again")


async def _count(clickhouse: ClickHouse, table: str) -> int:
    rows = await clickhouse.rows(f"SELECT count() AS rows FROM {table}")  # noqa: S608 - a name of our own
    return int(rows[0]["rows"])
