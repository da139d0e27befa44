"""Rebuild: compute all facts and activity again from `events` and swap them in for the old ones.

It is needed after a change of the fold, or of a setting that the fold depends on. It holds all partitions while it
runs. Readers see the old facts until the new ones are complete. All flushes must be confirmed under the old fold first.
"""

from collections.abc import Callable

from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.fact_tables import DERIVED_TABLES, FACT_TABLES, activity_sql
from stream_processors.conversations.rules import FoldRules
from stream_processors.errors import OperatorError
from stream_processors.maintenance.chunks import Chunk, split_conversations
from stream_processors.maintenance.erasure import complete, is_pending
from stream_processors.maintenance.lease import Maintenance, maintenance
from stream_processors.state.loader import recompute_facts

Progress = Callable[[int, int], None]


async def rebuild(clickhouse: ClickHouse, rules: FoldRules, owner_id: str, progress: Progress) -> int:
    """Rebuild all derived tables; return the number of facts written. `progress` gets the chunks done, and of all.

    Raises OperatorError when a flush is not confirmed, or when another process claims a partition meanwhile.
    """
    async with maintenance(clickhouse, owner_id) as lease:
        _refuse_unconfirmed(lease)
        if await is_pending(clickhouse):
            await complete(clickhouse, rules, lease)
        for table in DERIVED_TABLES:
            await clickhouse.command(f"DROP TABLE IF EXISTS {table}_rebuilt")
            await clickhouse.command(f"CREATE TABLE {table}_rebuilt AS {table}")
        chunks, facts = await split_conversations(clickhouse), 0
        for chunk in chunks:
            segments = await recompute_facts(clickhouse, chunk.condition, rules)
            facts += await _write(clickhouse, segments, f"{owner_id}:{chunk.number}")
            await _rebuild_activity(clickhouse, chunk)
            progress(chunk.number + 1, chunk.count)
        await lease.renew()
        for table in DERIVED_TABLES:
            await clickhouse.command(f"EXCHANGE TABLES {table}_rebuilt AND {table}")
        await lease.set_fold_version(rules.version)
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


async def _rebuild_activity(clickhouse: ClickHouse, chunk: Chunk) -> None:
    await clickhouse.command(f"INSERT INTO activity_rebuilt {activity_sql(chunk.condition)}")


def _refuse_unconfirmed(lease: Maintenance) -> None:
    unconfirmed = [f"{range_.topic}/{range_.partition}" for range_ in lease.latest if not range_.confirmed]
    if unconfirmed:
        raise OperatorError(
            f"a flush of {', '.join(unconfirmed)} is not confirmed: start a worker with the previous settings until it"
            " is idle, stop it with SIGTERM, then rebuild"
        )
