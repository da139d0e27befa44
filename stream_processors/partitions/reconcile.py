"""Find the rows that an interrupted insert left out of some tables, as segments that the inbox accepts.

A block's token makes a retry exact as long as the engine stops cleanly. An engine that was killed while it wrote may
remember a token whose rows it has lost, in one table alone, and then ignores every retry there. After more than one
attempt, each table is therefore compared with the block. The difference, normally nothing, goes through the fence as a
block with a token of its own, and the tables are compared again.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import compress
from typing import Final
from uuid import uuid4

from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.columns import COLUMN_TYPES, FLAG
from stream_processors.clickhouse.fact_tables import (
    ACTIVITY_COUNTS,
    FACT_TABLES,
    KEY_COLUMNS,
    FactRow,
    FactTable,
    activity_sql,
    hash_condition,
    missing_facts,
)
from stream_processors.conversations.rules import FoldRules
from stream_processors.partitions.range_log import OwnerClaim
from stream_processors.partitions.ranges import Range
from stream_processors.state.loader import recompute_facts

IN_RANGE: Final = (
    " WHERE topic = {topic:String} AND partition = {partition:UInt32} AND log_epoch = {log_epoch:UInt64}"
    " AND offset BETWEEN {first:UInt64} AND {last:UInt64}"
)
PRESENT_SQL: Final = "SELECT offset FROM {table}" + IN_RANGE  # noqa: S608 - constants of our own
TOUCHED_SQL: Final = "SELECT DISTINCT conversation_hash FROM events" + IN_RANGE  # noqa: S608 - the same
MISSING_ACTIVITY_SQL: Final = (
    "SELECT {key}, {sums} FROM (SELECT *, 1 AS side FROM ({expected}) UNION ALL"
    " SELECT {key}, {counts}, -1 AS side FROM activity WHERE {condition}) GROUP BY {key} HAVING {differs}"
)

# The kind of an event that `events` lacks; its activity and facts are compared separately.
LOST_EVENT: Final = "lost_event"


async def what_is_missing(
    clickhouse: ClickHouse, written: Range, segments: Sequence[Segment] | None, rules: FoldRules
) -> list[Segment]:
    """Return the rows of a range that the tables lack: its records first; if none is missing, the facts of its events.

    `segments` are those of its block. Without them, the facts of its stored events are compared.
    """
    if segments is None:
        return await missing_of_conversations(
            clickhouse, hash_condition(await stored_conversations(clickhouse, written)), rules
        )
    records = [
        *await _missing_records(clickhouse, "events", _of_kind(segments, "event"), written),
        *await _missing_records(clickhouse, "dead_letter_records", _of_kind(segments, "dead_letter"), written),
    ]
    if records:
        return [replace(segment, kind=LOST_EVENT) if segment.kind == "event" else segment for segment in records]
    hashes = {value for segment in segments for value in segment.columns.get("conversation_hash", ())}
    return await missing_of_conversations(clickhouse, hash_condition(hashes), rules)


async def is_any_stored(clickhouse: ClickHouse, written: Range) -> bool:
    """Tell whether any record of a range is in the tables."""
    query = PRESENT_SQL.replace("{table}", "dead_letter_records") + " LIMIT 1"
    dead_letters = await clickhouse.rows(query, {**written.log, **written.offsets})
    return bool(dead_letters or await stored_conversations(clickhouse, written))


async def stored_conversations(clickhouse: ClickHouse, written: Range) -> list[int]:
    """Return the hashes of the conversations of a range's stored events."""
    rows = await clickhouse.rows(TOUCHED_SQL, {**written.log, **written.offsets})
    return [row["conversation_hash"] for row in rows]


async def missing_of_conversations(clickhouse: ClickHouse, condition: str, rules: FoldRules) -> list[Segment]:
    """Return the differences of facts and activity of some conversations from what their events give."""
    expected = await recompute_facts(clickhouse, condition, rules)
    missing = {
        table: await missing_facts(clickhouse, table, expected.get(table.kind), condition) for table in FACT_TABLES
    }
    segments = [_fact_segment(table, facts) for table, facts in missing.items() if facts]
    activity = await _missing_activity(clickhouse, condition)
    return [*segments, activity] if activity else segments


async def repair_conversations(
    clickhouse: ClickHouse, condition: str, rules: FoldRules, owner_claim: OwnerClaim
) -> int:
    """Correct facts and activity of some conversations by their events; return how many rows that took.

    Raises StaleOwner when the partition was claimed meanwhile. All writers of these conversations must be fenced.
    """
    segments = await missing_of_conversations(clickhouse, condition, rules)
    if not segments:
        return 0
    block = owner_claim.block(segments)
    await clickhouse.insert_block("inbox", block.columns, block.data, repair_token(owner_claim))
    return block.rows


def repair_token(owner_claim: OwnerClaim) -> str:
    """Return a token that no block had before, because the engine may remember tokens of rows that it lost."""
    return f"{owner_claim.topic}:{owner_claim.partition}:repair:{uuid4().hex}"


def _of_kind(segments: Sequence[Segment], kind: str) -> list[Segment]:
    return [segment for segment in segments if segment.kind == kind]


async def _missing_records(
    clickhouse: ClickHouse, table: str, segments: Sequence[Segment], written: Range
) -> list[Segment]:
    """Return the records of a range that a table lacks."""
    rows = await clickhouse.rows(PRESENT_SQL.replace("{table}", table), {**written.log, **written.offsets})
    present = {row["offset"] for row in rows}
    return [rest for rest in (_without(segment, present) for segment in segments) if rest.length]


def _without(segment: Segment, offsets: Collection[int]) -> Segment:
    """Return a segment without the rows at some offsets."""
    kept = [offset not in offsets for offset in segment.columns["offset"]]
    columns = {name: list(compress(values, kept)) for name, values in segment.columns.items()}
    return Segment(segment.kind, sum(kept), columns)


def _fact_segment(table: FactTable, missing: dict[FactRow, int]) -> Segment:
    values = dict(zip(table.inbox_columns, map(list, zip(*missing, strict=True)), strict=True))
    columns = {
        name: list(map(bool, column)) if COLUMN_TYPES[name] == FLAG else column for name, column in values.items()
    }
    return Segment(table.kind, len(missing), {**columns, "sign": list(missing.values())})


async def _missing_activity(clickhouse: ClickHouse, condition: str) -> Segment | None:
    query = MISSING_ACTIVITY_SQL.format(
        key=", ".join(KEY_COLUMNS),
        counts=", ".join(ACTIVITY_COUNTS),
        sums=", ".join(f"sum(toInt64({name}) * side) AS {name}_missing" for name in ACTIVITY_COUNTS),
        differs=" OR ".join(f"{name}_missing != 0" for name in ACTIVITY_COUNTS),
        expected=activity_sql(condition),
        condition=condition,
    )
    rows = await clickhouse.rows(query)
    if not rows:
        return None
    values = zip(*(row.values() for row in rows), strict=True)
    return Segment("activity", len(rows), dict(zip((*KEY_COLUMNS, *ACTIVITY_COUNTS), map(list, values), strict=True)))
