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

from stream_processors.clickhouse import ClickHouse
from stream_processors.erasure import Removed, complete
from stream_processors.errors import OperatorError
from stream_processors.fact_tables import FACT_TABLES
from stream_processors.fold_rules import FoldRules
from stream_processors.landing import PASSING_SECONDS
from stream_processors.maintenance import Maintenance, maintenance
from stream_processors.mutations import count_rows
from stream_processors.named_letters import scan_letters
from stream_processors.people import Person
from stream_processors.tombstones import (
    CONVERSATION_SQL,
    RECORD_KEY_SQL,
    add_conversations,
    add_customer,
    add_dead_letters,
    dead_letter_digest,
)

ADD_SQL: Final = (
    "INSERT INTO erasures (kind, digest, conversation_hash, key_digest) SELECT DISTINCT 'conversation',"  # noqa: S608
    f" {CONVERSATION_SQL}, conversation_hash, {RECORD_KEY_SQL} FROM ({{conversations}})"
)
IDS_SQL: Final = "SELECT DISTINCT conversation_id FROM ({conversations}) ORDER BY conversation_id"
OWN_SQL: Final = "conversation_hash IN (SELECT conversation_hash FROM ({conversations}))"


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
        ids = await _conversation_ids(clickhouse, person)
        await clickhouse.command(_of(ADD_SQL, person), person.parameters)
        await _forbid_letters(clickhouse, person, ids)
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
    ids = await _conversation_ids(clickhouse, person)
    removed = []
    for table in ("events", *(table.name for table in FACT_TABLES), "activity"):
        rows = await count_rows(clickhouse, table, _of(OWN_SQL, person), person.parameters)
        removed.append(Removed(table, rows, 0.0))
    letters = await _letters(clickhouse, person, ids)
    removed.append(Removed("dead_letter_records", letters[0], 0.0))
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


async def _conversation_ids(clickhouse: ClickHouse, person: Person) -> list[str]:
    rows = await clickhouse.rows(_of(IDS_SQL, person), person.parameters)
    found = [row["conversation_id"] for row in rows]
    return found if person.conversation_id in (None, *found) else [str(person.conversation_id)]


async def _forbid_letters(clickhouse: ClickHouse, person: Person, ids: Sequence[str]) -> None:
    """Write the tombstones of a person's dead letters, by which they are removed and known when they come again."""
    _, digests = await _letters(clickhouse, person, ids)
    await add_dead_letters(clickhouse, digests)


async def _letters(clickhouse: ClickHouse, person: Person, ids: Sequence[str]) -> tuple[int, list[bytes]]:
    """Return how many refused records are a person's, and their digests."""
    digests: dict[tuple[object, ...], bytes] = {}
    await scan_letters(
        clickhouse,
        person,
        ids,
        lambda row: digests.__setitem__(tuple(row.values())[:4], dead_letter_digest(row["key"], row["raw"])),
    )
    return len(digests), sorted(set(digests.values()))


def _of(sql: str, person: Person) -> str:
    return sql.replace("{conversations}", person.conversations_sql)
