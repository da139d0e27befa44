"""Repair: what a cut-off insert left out of some tables is found, as rows that the inbox takes like any others.

A block's token makes a retry exact as long as the engine stops cleanly. An engine that was killed while it wrote may
remember a token whose rows it has lost, in one table alone; then every retry is dropped there. So whoever had to try
twice compares each table with what the block must have left. The difference, which is nothing as a rule, goes through
the fence as a block of its own under a token of its own, and then the tables are compared again.
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

# The kind of an event that `events` lacks; its activity and facts are compared apart.
LOST_EVENT: Final = "lost_event"


async def what_is_missing(
    clickhouse: ClickHouse, written: Range, segments: Sequence[Segment] | None, rules: FoldRules
) -> list[Segment]:
    """Return what the tables lack of a range; first its records, and when none do, what these make.

    `segments` are those of its block; without them what landed of its events counts, whose facts are looked at.
    """
    if segments is None:
        return await missing_of_conversations(clickhouse, hash_condition(await touched(clickhouse, written)), rules)
    records = [
        *await _missing_records(clickhouse, "events", _of_kind(segments, "event"), written),
        *await _missing_records(clickhouse, "dead_letter_records", _of_kind(segments, "dead_letter"), written),
    ]
    if records:
        return [replace(each, kind=LOST_EVENT) if each.kind == "event" else each for each in records]
    hashes = {value for each in segments for value in each.columns.get("conversation_hash", ())}
    return await missing_of_conversations(clickhouse, hash_condition(hashes), rules)


async def any_landed(clickhouse: ClickHouse, written: Range) -> bool:
    """Tell whether any record of a range is in the tables."""
    query = PRESENT_SQL.replace("{table}", "dead_letter_records") + " LIMIT 1"
    letters = await clickhouse.rows(query, {**written.log, **written.offsets})
    return bool(letters or await touched(clickhouse, written))


async def touched(clickhouse: ClickHouse, written: Range) -> list[int]:
    """Return the conversations of a range's events that have landed, by hash."""
    rows = await clickhouse.rows(TOUCHED_SQL, {**written.log, **written.offsets})
    return [row["conversation_hash"] for row in rows]


async def missing_of_conversations(clickhouse: ClickHouse, condition: str, rules: FoldRules) -> list[Segment]:
    """Return what facts and activity lack of some conversations, or have too much, compared with their events."""
    made = await recompute_facts(clickhouse, condition, rules)
    missing = {table: await missing_facts(clickhouse, table, made.get(table.kind), condition) for table in FACT_TABLES}
    segments = [_fact_segment(table, facts) for table, facts in missing.items() if facts]
    activity = await _missing_activity(clickhouse, condition)
    return [*segments, activity] if activity else segments


async def repair_conversations(
    clickhouse: ClickHouse, condition: str, rules: FoldRules, owner_claim: OwnerClaim
) -> int:
    """Make facts and activity of some conversations what their events say; return how many rows that took.

    Raises StaleOwner when the partition was claimed meanwhile. All writers of these conversations must be fenced.
    """
    segments = await missing_of_conversations(clickhouse, condition, rules)
    if not segments:
        return 0
    block = owner_claim.block(segments)
    await clickhouse.insert_block("inbox", block.columns, block.data, repair_token(owner_claim))
    return block.rows


def repair_token(owner_claim: OwnerClaim) -> str:
    """Return a token that no block had before: what the engine may have lost is not asked to be remembered."""
    return f"{owner_claim.topic}:{owner_claim.partition}:repair:{uuid4().hex}"


def _of_kind(segments: Sequence[Segment], kind: str) -> list[Segment]:
    return [each for each in segments if each.kind == kind]


async def _missing_records(
    clickhouse: ClickHouse, table: str, segments: Sequence[Segment], written: Range
) -> list[Segment]:
    """Return the rows of a range's records that a table lacks."""
    rows = await clickhouse.rows(PRESENT_SQL.replace("{table}", table), {**written.log, **written.offsets})
    present = {row["offset"] for row in rows}
    return [each for each in (_without(segment, present) for segment in segments) if each.length]


def _without(segment: Segment, offsets: Collection[int]) -> Segment:
    """Return a segment without the rows at some offsets."""
    kept = [offset not in offsets for offset in segment.columns["offset"]]
    columns = {name: list(compress(values, kept)) for name, values in segment.columns.items()}
    return Segment(segment.kind, sum(kept), columns)


def _fact_segment(table: FactTable, missing: dict[FactRow, int]) -> Segment:
    values = dict(zip(table.inbox_columns, map(list, zip(*missing, strict=True)), strict=True))
    columns = {name: list(map(bool, each)) if COLUMN_TYPES[name] == FLAG else each for name, each in values.items()}
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
