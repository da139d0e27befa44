"""Erase: remove a person's rows from every table, and write tombstones that keep them from coming back.

The command writes the tombstones first and then claims all partitions. A later owner has read the tombstones; an
earlier owner can write no more. Its inserts in flight end before the command looks for rows. When the command is
killed, its tombstones remain, and the next erasure or `audit --repair` completes the work.
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
from stream_processors.maintenance.person_dead_letters import scan_dead_letters
from stream_processors.partitions.writer import PASSING_SECONDS

ADD_SQL: Final = (
    "INSERT INTO erasures (kind, digest, conversation_hash, key_digest) SELECT DISTINCT 'conversation',"  # noqa: S608
    f" {CONVERSATION_SQL}, conversation_hash, {RECORD_KEY_SQL} FROM ({{conversations}})"
)

# The topic, partition, log epoch and offset of a record.
Position = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """The number of conversations and of rows by table that an erasure removed, or would remove."""

    conversations: int
    removed: Sequence[Removed]
    seconds: float


async def erase(clickhouse: ClickHouse, rules: FoldRules, person: Person, owner_id: str) -> Receipt:
    """Erase a person; return what was removed. It is safe to repeat."""
    started = time.monotonic()
    await _forbid(clickhouse, person)
    async with maintenance(clickhouse, owner_id) as lease:
        await wait_for_writes(lease)
        await _forbid(clickhouse, person)
        ids = await person.conversation_ids(clickhouse)
        await clickhouse.command(ADD_SQL.replace("{conversations}", person.conversations_sql), person.parameters)
        # `complete` removes dead letters by these tombstones, and workers recognise them later.
        await add_dead_letters(clickhouse, (await _dead_letters(clickhouse, person, ids)).values())
        if await lease.take():  # an owner that claimed a partition meanwhile may have missed a tombstone
            await wait_for_writes(lease)
        removed = await complete(clickhouse, rules, lease)
    return Receipt(len(ids), removed, time.monotonic() - started)


async def erase_pending(clickhouse: ClickHouse, rules: FoldRules, owner_id: str) -> Receipt:
    """Remove remaining rows that tombstones cover, after an interrupted erasure or a restored backup."""
    started = time.monotonic()
    async with maintenance(clickhouse, owner_id) as lease:
        await wait_for_writes(lease)
        removed = await complete(clickhouse, rules, lease)
    return Receipt(0, removed, time.monotonic() - started)


async def preview(clickhouse: ClickHouse, person: Person) -> Receipt:
    """Return what an erasure of a person would remove now."""
    started = time.monotonic()
    ids, removed = await person.conversation_ids(clickhouse), []
    for table in ("events", *DERIVED_TABLES):
        condition = person.rows_sql(with_ids=table in TABLES_WITH_IDS)
        rows = await count_rows(clickhouse, table, condition, person.parameters)
        removed.append(Removed(table, rows, 0.0))
    removed.append(Removed("dead_letter_records", len(await _dead_letters(clickhouse, person, ids)), 0.0))
    return Receipt(len(ids), removed, time.monotonic() - started)


async def wait_for_writes(lease: Maintenance) -> None:
    """Wait until inserts that passed the fence before our claims have reached the last table."""
    if any(not range_.confirmed for range_ in lease.latest):
        await asyncio.sleep(PASSING_SECONDS)
        await lease.renew()


async def _forbid(clickhouse: ClickHouse, person: Person) -> None:
    """Write the tombstone of the customer or conversation that the command names."""
    if (key := person.key) is not None:
        await add_conversations(clickhouse, [key])
    elif person.customer is None:
        raise OperatorError("name either a customer or a conversation")
    else:
        await add_customer(clickhouse, person.agent_id, person.environment, person.customer)


async def _dead_letters(clickhouse: ClickHouse, person: Person, ids: Sequence[str]) -> dict[Position, bytes]:
    """Return the digests of a person's refused records by position."""
    digests: dict[Position, bytes] = {}

    def take(row: Row) -> None:
        digests[tuple(row.values())[:4]] = dead_letter_digest(row["key"], row["raw"])

    await scan_dead_letters(clickhouse, person, ids, take)
    return digests
