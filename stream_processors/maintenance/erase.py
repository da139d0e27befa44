"""Erase: a person's rows leave every table, and tombstones keep them from coming back.

Tombstones come first, then all partitions are claimed, as `rebuild` claims them: whoever claims a partition later has
read them, and whoever claimed it before writes no more. What such an owner had under way lands before rows are looked
for. A command that is killed at any point has left tombstones, from which the next one, or `audit --repair`, goes on.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from stream_processors.clickhouse.client import ClickHouse, Row
from stream_processors.clickhouse.fact_tables import DERIVED_TABLES
from stream_processors.clickhouse.tombstones import (
    CONVERSATION_SQL,
    RECORD_KEY_SQL,
    add_conversations,
    add_customer,
    add_dead_letters,
    dead_letter_digest,
)
from stream_processors.conversations.rules import FoldRules
from stream_processors.errors import OperatorError
from stream_processors.maintenance.erasure import TABLES_WITH_IDS, Removed, complete
from stream_processors.maintenance.lease import Maintenance, maintenance
from stream_processors.maintenance.mutations import count_rows
from stream_processors.maintenance.person import Person
from stream_processors.maintenance.person_dead_letters import scan_letters
from stream_processors.partitions.writer import PASSING_SECONDS

ADD_SQL: Final = (
    "INSERT INTO erasures (kind, digest, conversation_hash, key_digest) SELECT DISTINCT 'conversation',"  # noqa: S608
    f" {CONVERSATION_SQL}, conversation_hash, {RECORD_KEY_SQL} FROM ({{conversations}})"
)

# The topic, partition, log epoch and offset of a record.
Place = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an erasure removed, or would remove: conversations, and rows by table."""

    conversations: int
    removed: Sequence[Removed]
    seconds: float


async def erase(clickhouse: ClickHouse, rules: FoldRules, person: Person, owner_id: str) -> Receipt:
    """Erase a person; return what was removed. Repeating it is safe."""
    started = time.monotonic()
    await _forbid(clickhouse, person)
    async with maintenance(clickhouse, owner_id) as held:
        await wait_for_writes(held)
        await _forbid(clickhouse, person)
        ids = await person.conversation_ids(clickhouse)
        await clickhouse.command(ADD_SQL.replace("{conversations}", person.conversations_sql), person.parameters)
        # By their tombstones they are removed, and known when they come again.
        await add_dead_letters(clickhouse, (await _letters(clickhouse, person, ids)).values())
        if await held.take():  # whoever claimed a partition meanwhile has not read all tombstones
            await wait_for_writes(held)
        removed = await complete(clickhouse, rules, held)
    return Receipt(len(ids), removed, time.monotonic() - started)


async def erase_pending(clickhouse: ClickHouse, rules: FoldRules, owner_id: str) -> Receipt:
    """Remove what tombstones cover and is there all the same: erasures were cut off, or a backup was restored."""
    started = time.monotonic()
    async with maintenance(clickhouse, owner_id) as held:
        await wait_for_writes(held)
        removed = await complete(clickhouse, rules, held)
    return Receipt(0, removed, time.monotonic() - started)


async def preview(clickhouse: ClickHouse, person: Person) -> Receipt:
    """Return what erasing a person would remove now."""
    started = time.monotonic()
    ids, removed = await person.conversation_ids(clickhouse), []
    for table in ("events", *DERIVED_TABLES):
        condition = person.rows_sql(with_ids=table in TABLES_WITH_IDS)
        rows = await count_rows(clickhouse, table, condition, person.parameters)
        removed.append(Removed(table, rows, 0.0))
    removed.append(Removed("dead_letter_records", len(await _letters(clickhouse, person, ids)), 0.0))
    return Receipt(len(ids), removed, time.monotonic() - started)


async def wait_for_writes(held: Maintenance) -> None:
    """Wait until what passed the fence before our claims has reached the last table."""
    if any(not latest.confirmed for latest in held.latest):
        await asyncio.sleep(PASSING_SECONDS)
        await held.renew()


async def _forbid(clickhouse: ClickHouse, person: Person) -> None:
    """Write the tombstone of whom the command names."""
    if (key := person.key) is not None:
        await add_conversations(clickhouse, [key])
    elif person.customer is None:
        raise OperatorError("name either a customer or a conversation")
    else:
        await add_customer(clickhouse, person.agent_id, person.environment, person.customer)


async def _letters(clickhouse: ClickHouse, person: Person, ids: Sequence[str]) -> dict[Place, bytes]:
    """Return the digests of the refused records that are a person's, by their positions."""
    digests: dict[Place, bytes] = {}

    def take(row: Row) -> None:
        digests[tuple(row.values())[:4]] = dead_letter_digest(row["key"], row["raw"])

    await scan_letters(clickhouse, person, ids, take)
    return digests
