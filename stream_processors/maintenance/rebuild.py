"""Rebuild: facts and activity are computed anew from `events` and take the place of the old ones.

Needed after a change of the fold or of a setting that enters it. While it runs it holds all partitions; readers see the
old facts until the new ones are whole. A flush that has not been confirmed must land first, under the old fold.
"""

from collections.abc import Callable

from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.fact_tables import DERIVED_TABLES, FACT_TABLES, activity_sql
from stream_processors.conversations.rules import FoldRules
from stream_processors.errors import OperatorError
from stream_processors.maintenance.chunks import Share, split_conversations
from stream_processors.maintenance.erasure import complete, is_pending
from stream_processors.maintenance.lease import Maintenance, maintenance
from stream_processors.state.loader import recompute_facts

Progress = Callable[[int, int], None]


async def rebuild(clickhouse: ClickHouse, rules: FoldRules, owner_id: str, progress: Progress) -> int:
    """Compute everything that is derived anew; tell `progress` the shares done and in all; return the facts written.

    Raises OperatorError when a flush is not confirmed, or when another process takes a partition meanwhile.
    """
    async with maintenance(clickhouse, owner_id) as held:
        _refuse_unconfirmed(held)
        if await is_pending(clickhouse):
            await complete(clickhouse, rules, held)
        for table in DERIVED_TABLES:
            await clickhouse.command(f"DROP TABLE IF EXISTS {table}_rebuilt")
            await clickhouse.command(f"CREATE TABLE {table}_rebuilt AS {table}")
        shares, facts = await split_conversations(clickhouse), 0
        for share in shares:
            segments = await recompute_facts(clickhouse, share.condition, rules)
            facts += await _write(clickhouse, segments, f"{owner_id}:{share.number}")
            await _rebuild_activity(clickhouse, share)
            progress(share.number + 1, share.shares)
        await held.renew()
        for table in DERIVED_TABLES:
            await clickhouse.command(f"EXCHANGE TABLES {table}_rebuilt AND {table}")
        await held.set_fold_version(rules.version)
        for table in DERIVED_TABLES:
            await clickhouse.command(f"DROP TABLE {table}_rebuilt")
    return facts


async def _write(clickhouse: ClickHouse, segments: dict[str, Segment], token: str) -> int:
    written = 0
    for table in FACT_TABLES:
        if (segment := segments.get(table.kind)) is not None:
            columns, block = table.block((fact, 1) for fact in table.rows(segment))
            await clickhouse.insert_block(f"{table.name}_rebuilt", columns, block, token)
            written += segment.length
    return written


async def _rebuild_activity(clickhouse: ClickHouse, share: Share) -> None:
    await clickhouse.command(f"INSERT INTO activity_rebuilt {activity_sql(share.condition)}")


def _refuse_unconfirmed(held: Maintenance) -> None:
    open_ranges = [f"{each.topic}/{each.partition}" for each in held.latest if not each.confirmed]
    if open_ranges:
        raise OperatorError(
            f"a flush of {', '.join(open_ranges)} is not confirmed: start a worker with the settings from before until"
            " it is idle, stop it with SIGTERM, then rebuild"
        )
