"""Duplicates: events and dead letters that are stored more than once. The first row stays, the others are removed.

A duplicate is named by its part and its row number there. Parts never change, so an outdated name (the part was merged
since) removes nothing, and the next round looks up the duplicates again.
"""

from typing import Final

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.fact_tables import EVENT_IDENTITY
from stream_processors.errors import OperatorError
from stream_processors.maintenance.mutations import count_rows
from stream_processors.maintenance.report import NO_CONVERSATION, Difference

# What identifies a row of a table, and the columns of its order of arrival.
TABLES: Final = {
    "events": (EVENT_IDENTITY, "received_at, log_epoch, offset"),
    "dead_letter_records": ("topic, partition, log_epoch, offset", "written_at"),
}

# Rows of dead letters that come from a record: each record makes one. The row of a drop has no topic.
FROM_RECORDS: Final = "topic != ''"

EVENTS_SQL: Final = (
    "SELECT agent_id, environment, min(quarter_hour) AS first_quarter_hour, conversation_hash,"
    " count() - uniqExact(conversation_id, event_id) AS duplicates FROM events WHERE {condition}"
    " GROUP BY agent_id, environment, conversation_hash HAVING duplicates > 0"
)
DEAD_LETTERS_SQL: Final = (
    "SELECT toUInt32(intDiv(toUnixTimestamp(min(received_at)), 900)) AS first_quarter_hour,"  # noqa: S608 - our own SQL
    " count() - 1 AS duplicates"
    f" FROM dead_letter_records WHERE {FROM_RECORDS}"
    " GROUP BY topic, partition, log_epoch, offset HAVING duplicates > 0"
)
ROWS_SQL: Final = (
    "SELECT _part AS part, _part_offset AS row FROM (SELECT _part, _part_offset, row_number() OVER"
    " (PARTITION BY {identity} ORDER BY {arrival}, _part, _part_offset) AS number FROM {table} WHERE {condition})"
    " WHERE number > 1 LIMIT 10000"
)
ROUNDS: Final = 1_000


async def duplicate_events(clickhouse: ClickHouse, condition: str) -> list[Difference]:
    """Return the conversations with duplicate events among those that fulfil a condition."""
    return [
        Difference(
            "events",
            row["agent_id"],
            row["environment"],
            row["first_quarter_hour"],
            row["conversation_hash"],
            missing=0,
            surplus=row["duplicates"],
        )
        for row in await clickhouse.rows(EVENTS_SQL.replace("{condition}", condition))
    ]


async def duplicate_dead_letters(clickhouse: ClickHouse) -> list[Difference]:
    """Return the duplicate rows of dead letters."""
    return [
        Difference("dead_letter_records", "", "", row["first_quarter_hour"], NO_CONVERSATION, 0, row["duplicates"])
        for row in await clickhouse.rows(DEAD_LETTERS_SQL)
    ]


async def remove_duplicates(clickhouse: ClickHouse, table: str, condition: str) -> int:
    """Remove all duplicates among the rows that fulfil a condition; return their number.

    Raises OperatorError when merges keep renaming the parts.
    """
    identity, arrival = TABLES[table]
    query = ROWS_SQL.format(identity=identity, arrival=arrival, table=table, condition=condition)
    removed = 0
    for _ in range(ROUNDS):
        rows = await clickhouse.rows(query)
        if not rows:
            return removed
        before = await count_rows(clickhouse, table, "TRUE")
        names = ", ".join(f"('{row['part']}', {row['row']})" for row in rows)
        await clickhouse.command(
            f"ALTER TABLE {table} DELETE WHERE (_part, _part_offset) IN ({names}) SETTINGS mutations_sync = 1"
        )
        removed += before - await count_rows(clickhouse, table, "TRUE")
    raise OperatorError(
        f"merges keep changing the parts of {table}, so its duplicates cannot be removed: run this again"
    )
