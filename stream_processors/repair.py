"""Repair: what a cut-off insert left out of some tables is put there, computed from what must be there.

A block's token makes a retry exact as long as the engine stops cleanly. An engine that was killed while it wrote may
remember a token whose rows it has lost, in one table alone; then every retry is dropped there. So whoever had to try
twice compares each table with what the block must have left, and adds the difference, which is nothing as a rule.
"""

from collections.abc import Sequence
from itertools import compress
from typing import Final

from stream_processors.audit import missing_facts
from stream_processors.clickhouse import ClickHouse
from stream_processors.fact_tables import FACT_TABLES, activity_sql
from stream_processors.fold_rules import FoldRules
from stream_processors.inbox import Segment, build_columns
from stream_processors.positions import Range
from stream_processors.refold import among, refold

IN_RANGE: Final = (
    " WHERE topic = {topic:String} AND partition = {partition:UInt32} AND log_epoch = {log_epoch:UInt64}"
    " AND offset BETWEEN {first:UInt64} AND {last:UInt64}"
)
PRESENT_SQL: Final = "SELECT offset FROM {table}" + IN_RANGE  # noqa: S608 - constants of our own
TOUCHED_SQL: Final = "SELECT DISTINCT conversation_hash FROM events" + IN_RANGE  # noqa: S608 - the same
ACTIVITY_REPAIR_SQL: Final = (
    "INSERT INTO activity SELECT agent_id, environment, quarter_hour, conversation_hash,"
    # Counts wrap around, so a surplus is taken away by adding what is below zero.
    " toUInt64(sum(toInt64(end_user_messages) * side)) AS end_users, toUInt64(sum(toInt64(agent_messages) * side)) AS"
    " agents, toUInt64(sum(toInt64(actions) * side)) AS calls, toUInt64(sum(toInt64(buttons) * side)) AS clicks"
    " FROM (SELECT *, 1 AS side FROM ({expected}) UNION ALL SELECT agent_id, environment, quarter_hour,"
    " conversation_hash, end_user_messages, agent_messages, actions, buttons, -1 FROM activity WHERE {condition})"
    " GROUP BY agent_id, environment, quarter_hour, conversation_hash"
    " HAVING end_users != 0 OR agents != 0 OR calls != 0 OR clicks != 0"
)
TABLES_OF_RECORDS: Final = {"event": "events", "dead_letter": "dead_letter_records"}


async def prove(clickhouse: ClickHouse, written: Range, segments: Sequence[Segment], rules: FoldRules) -> int:
    """Make sure that a range's block is in every table; return how many rows had to be added."""
    added = 0
    for kind, table in TABLES_OF_RECORDS.items():
        added += await _add_records(clickhouse, table, [each for each in segments if each.kind == kind], written)
    hashes = {value for each in segments for value in each.columns.get("conversation_hash", ())}
    return added + await repair_facts(clickhouse, among(hashes), rules, written.token)


async def landed_part(clickhouse: ClickHouse, written: Range, rules: FoldRules) -> bool:
    """Tell whether anything of a range has landed; if so, make the facts of its conversations whole.

    For a range of which Kafka has not kept all records, so that it cannot be written again.
    """
    parameters = {**written.log, **written.offsets}
    hashes = [row["conversation_hash"] for row in await clickhouse.rows(TOUCHED_SQL, parameters)]
    letters = await clickhouse.rows(PRESENT_SQL.replace("{table}", "dead_letter_records"), parameters)
    await repair_facts(clickhouse, among(hashes), rules, written.token)
    return bool(hashes or letters)


async def repair_facts(clickhouse: ClickHouse, condition: str, rules: FoldRules, token: str) -> int:
    """Make the facts and the activity of some conversations what their events say; return how many facts differed."""
    segments, added = await refold(clickhouse, condition, rules), 0
    for table in FACT_TABLES:
        missing = await missing_facts(clickhouse, table, segments.get(table.kind), condition)
        if missing:
            columns, block = table.block(missing.items())
            await clickhouse.insert_block(table.name, columns, block, f"{token}:repair")
            added += len(missing)
    expected = activity_sql(condition)
    await clickhouse.command(ACTIVITY_REPAIR_SQL.replace("{expected}", expected).replace("{condition}", condition))
    return added


async def _add_records(clickhouse: ClickHouse, table: str, segments: Sequence[Segment], written: Range) -> int:
    """Add the records of a range that a table lacks."""
    rows = await clickhouse.rows(PRESENT_SQL.replace("{table}", table), {**written.log, **written.offsets})
    present = {row["offset"] for row in rows}
    absent = [each for each in (_without(segment, present) for segment in segments) if each.length]
    if absent:
        columns, block = build_columns(absent, written.log)
        await clickhouse.insert_block(table, columns, block, f"{written.token}:repair")
    return sum(each.length for each in absent)


def _without(segment: Segment, offsets: set[int]) -> Segment:
    """Return a segment without the rows at some offsets."""
    kept = [offset not in offsets for offset in segment.columns["offset"]]
    columns = {name: list(compress(values, kept)) for name, values in segment.columns.items()}
    return Segment(segment.kind, sum(kept), columns)
