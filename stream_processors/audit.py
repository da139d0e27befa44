"""Audit: are the facts in ClickHouse those that its events make? And is every event there once?

It reads while flushes land. A conversation that differs is looked at again after a pause: a flush under way arrives
in the tables one after the other. One that keeps differing while its events keep changing is left for the next audit;
one that differs although its events stay is reported.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from stream_processors.clickhouse import ClickHouse
from stream_processors.fact_tables import FACT_TABLES, FactRow, FactTable, activity_sql
from stream_processors.fold_rules import FoldRules
from stream_processors.inbox import Segment
from stream_processors.refold import all_shares, among, refold

LOOKS: Final = 4
PAUSE_SECONDS: Final = 0.7
DUPLICATES_SQL: Final = (
    "SELECT conversation_hash FROM events WHERE {condition}"
    " GROUP BY conversation_hash HAVING count() != uniqExact(event_id)"
)
ACTIVITY_DIFFERENCE_SQL: Final = (
    "SELECT DISTINCT conversation_hash FROM (SELECT *, 1 AS side FROM ({expected}) UNION ALL"
    " SELECT agent_id, environment, quarter_hour, conversation_hash, sum(end_user_messages), sum(agent_messages),"
    " sum(actions), sum(buttons), -1 AS side FROM activity WHERE {condition}"
    " GROUP BY agent_id, environment, quarter_hour, conversation_hash)"
    " GROUP BY ALL HAVING sum(side) != 0"
)
COUNT_SQL: Final = (
    "SELECT conversation_hash, count() AS events FROM events WHERE {condition} GROUP BY conversation_hash"
)

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Findings:
    """What an audit found: per table the conversations that differ, by hash, and how many facts do."""

    conversations: int = 0
    touched: int = 0
    differences: dict[str, dict[int, int]] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        """Whether nothing differs."""
        return not any(self.differences.values())

    def hashes(self) -> set[int]:
        """Return the conversations that differ anywhere."""
        return {each for found in self.differences.values() for each in found}


async def audit(clickhouse: ClickHouse, rules: FoldRules, progress: Progress) -> Findings:
    """Compare all facts with a fold of `events`; tell `progress` the shares done and in all."""
    total = Findings(differences={table: {} for table in ("events", "activity", *(t.name for t in FACT_TABLES))})
    for share in await all_shares(clickhouse):
        found = await _audit_share(clickhouse, share.condition, rules)
        total.conversations += found.conversations
        total.touched += found.touched
        for table, differences in found.differences.items():
            total.differences[table].update(differences)
        progress(share.number + 1, share.shares)
    return total


async def _audit_share(clickhouse: ClickHouse, condition: str, rules: FoldRules) -> Findings:
    found, counts = await _look(clickhouse, condition, rules)
    conversations, touched = len(counts), set[int]()
    for _ in range(LOOKS - 1):
        if found.is_clean:
            break
        await asyncio.sleep(PAUSE_SECONDS)
        before = counts
        found, counts = await _look(clickhouse, among(sorted(found.hashes())), rules)
        touched = {each for each in found.hashes() if counts.get(each) != before.get(each)}
    kept = {
        table: {each: n for each, n in differences.items() if each not in touched}
        for table, differences in found.differences.items()
    }
    return Findings(conversations, len(touched), kept)


async def _look(clickhouse: ClickHouse, condition: str, rules: FoldRules) -> tuple[Findings, dict[int, int]]:
    """Compare once; return what differs and how many events each conversation has."""
    counts = {row["conversation_hash"]: row["events"] for row in await clickhouse.rows(_with(COUNT_SQL, condition))}
    segments = await refold(clickhouse, condition, rules)
    differences = {"events": await _hashes(clickhouse, _with(DUPLICATES_SQL, condition))}
    activity = _with(ACTIVITY_DIFFERENCE_SQL, condition).replace("{expected}", activity_sql(condition))
    differences["activity"] = await _hashes(clickhouse, activity)
    for table in FACT_TABLES:
        differences[table.name] = await _compare(clickhouse, table, segments.get(table.kind), condition)
    return Findings(len(counts), 0, differences), counts


def _with(sql: str, condition: str) -> str:
    return sql.replace("{condition}", condition)


async def _hashes(clickhouse: ClickHouse, sql: str) -> dict[int, int]:
    return {row["conversation_hash"]: 1 for row in await clickhouse.rows(sql)}


async def _compare(clickhouse: ClickHouse, table: FactTable, segment: Segment | None, condition: str) -> dict[int, int]:
    """Return how many facts of a table differ, by conversation."""
    place = table.columns.index("conversation_hash")
    differing: Counter[int] = Counter()
    for fact, missing in (await missing_facts(clickhouse, table, segment, condition)).items():
        differing[int(str(fact[place]))] += abs(missing)
    return dict(differing)


async def missing_facts(
    clickhouse: ClickHouse, table: FactTable, segment: Segment | None, condition: str
) -> dict[FactRow, int]:
    """Return how often each fact is missing in a table, compared with those of a fold; less than 0 is too often."""
    facts: Counter[FactRow] = Counter(table.rows(segment) if segment else ())
    for row in await clickhouse.rows(table.net_sql(condition)):
        *values, net = row.values()
        facts[tuple(values)] -= net
    return {fact: missing for fact, missing in facts.items() if missing}
