"""Completion of erasures: remove every row that a tombstone covers, under a claim of all partitions.

It needs no ids but the tombstones. So it also completes a killed erasure, removes what a restored backup brought back,
and removes a conversation that turned out to be an erased customer's after a worker had stored it.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from stream_processors.clickhouse.client import ClickHouse, Row
from stream_processors.clickhouse.fact_tables import DERIVED_TABLES, hash_condition
from stream_processors.clickhouse.tombstones import (
    CONVERSATION_SQL,
    CUSTOMER_SQL,
    DEAD_LETTER_SQL,
    KEY_SQL,
    RECORD_KEY_SQL,
    Tombstones,
    add_dead_letters,
    dead_letter_digest,
)
from stream_processors.conversations.rules import FoldRules
from stream_processors.maintenance.lease import Maintenance
from stream_processors.maintenance.mutations import count_rows, delete_rows, mutate
from stream_processors.maintenance.report import NO_CONVERSATION
from stream_processors.partitions.reconcile import repair_conversations
from stream_processors.pipeline.erased_records import covers_refused

# A flush that passed the fence before may be written late; another round removes its rows.
ROUNDS: Final = 3

BY_DIGEST: Final = (
    f"(conversation_hash, {CONVERSATION_SQL}) IN"  # noqa: S608 - our own SQL
    " (SELECT conversation_hash, digest FROM erasures WHERE kind = 'conversation')"
)
BY_HASH: Final = "conversation_hash IN (SELECT conversation_hash FROM erasures WHERE kind = 'conversation')"

# The tables with the ids of conversations; the others have only the hashes.
TABLES_WITH_IDS: Final = ("events", "conversation_facts")

# The conditions for erased rows, by table.
CONDITIONS: Final = {
    **{table: BY_DIGEST if table in TABLES_WITH_IDS else BY_HASH for table in ("events", *DERIVED_TABLES)},
    "dead_letter_records": (
        f"status = 'refused' AND {DEAD_LETTER_SQL} IN"  # noqa: S608
        " (SELECT digest FROM erasures WHERE kind = 'dead_letter')"
    ),
}

CUSTOMERS_SQL: Final = (
    "INSERT INTO erasures (kind, digest, conversation_hash, key_digest) SELECT DISTINCT 'conversation',"  # noqa: S608
    f" {CONVERSATION_SQL}, conversation_hash, {RECORD_KEY_SQL} FROM events INNER JOIN"
    " (SELECT digest AS customer_digest, max(erased_at) AS erased_at FROM erasures"
    " WHERE kind = 'customer' GROUP BY digest) AS erased"
    f" ON {CUSTOMER_SQL} = erased.customer_digest WHERE customer != '' AND least(occurred_at, received_at) <= erased_at"
    f" AND NOT {BY_DIGEST}"
)
DEAD_LETTERS_SQL: Final = (
    "SELECT key, raw, toUnixTimestamp64Milli(received_at) AS received_at_ms FROM dead_letter_records"  # noqa: S608
    f" WHERE status = 'refused' AND {KEY_SQL} IN (SELECT key_digest FROM erasures WHERE kind = 'conversation')"
)
SHARED_SQL: Final = f"SELECT DISTINCT conversation_hash FROM events WHERE {BY_HASH} AND NOT {BY_DIGEST}"  # noqa: S608
EXAMPLES_SQL: Final = f"SELECT DISTINCT arrayJoin(examples).5 AS conversation_hash FROM audits WHERE {BY_HASH}"  # noqa: S608


class Removed(NamedTuple):
    """The number of rows removed from a table, and the time it took."""

    table: str
    rows: int
    seconds: float


async def is_pending(clickhouse: ClickHouse) -> bool:
    """Tell whether any table but dead_letter_records holds rows that tombstones cover."""
    tables = ("events", *DERIVED_TABLES)  # dead letters would have to be read whole
    counts = [await count_rows(clickhouse, table, CONDITIONS[table]) for table in tables]
    return any(counts)


async def erased_among(clickhouse: ClickHouse, hashes: Iterable[int]) -> set[int]:
    """Return the hashes of those conversations that were erased."""
    rows = await clickhouse.rows(f"SELECT DISTINCT conversation_hash FROM erasures WHERE {hash_condition(hashes)}")  # noqa: S608
    return {row["conversation_hash"] for row in rows} - {NO_CONVERSATION}


async def complete(clickhouse: ClickHouse, rules: FoldRules, lease: Maintenance) -> list[Removed]:
    """Remove what tombstones cover from every table; return the removed rows by table."""
    total: dict[str, Removed] = {}
    for _ in range(ROUNDS):
        removed = await _remove(clickhouse, rules, lease)
        for removal in removed:
            before = total.get(removal.table, Removed(removal.table, 0, 0.0))
            total[removal.table] = Removed(removal.table, before.rows + removal.rows, before.seconds + removal.seconds)
        if not any(removal.rows for removal in removed):
            break
    return list(total.values())


async def _remove(clickhouse: ClickHouse, rules: FoldRules, lease: Maintenance) -> list[Removed]:
    for table in DERIVED_TABLES:  # left by a killed rebuild
        await clickhouse.command(f"DROP TABLE IF EXISTS {table}_rebuilt")
    await clickhouse.command(CUSTOMERS_SQL)
    await _cover_dead_letters(clickhouse)
    # All at once, so that readers see a partly removed person only briefly.
    removed = await asyncio.gather(*(_remove_from(clickhouse, table, lease) for table in CONDITIONS))
    audits = await _clear_audits(clickhouse, lease)
    await lease.renew()
    await _restore_shared(clickhouse, rules, lease)
    return [*removed, audits]


async def _remove_from(clickhouse: ClickHouse, table: str, lease: Maintenance) -> Removed:
    started = time.monotonic()
    rows = await delete_rows(clickhouse, table, CONDITIONS[table], lease.renew)
    return Removed(table, rows, time.monotonic() - started)


async def _cover_dead_letters(clickhouse: ClickHouse) -> None:
    """Write tombstones of the dead letters that came from records of erased conversations."""
    tombstones, digests = await Tombstones.load(clickhouse), set[bytes]()

    def take(row: Row) -> None:
        if covers_refused(tombstones, row["key"], row["raw"], row["received_at_ms"]):
            digests.add(dead_letter_digest(row["key"], row["raw"]))

    await clickhouse.scan(DEAD_LETTERS_SQL, {}, take)
    await add_dead_letters(clickhouse, sorted(digests - tombstones.dead_letters))


async def _clear_audits(clickhouse: ClickHouse, lease: Maintenance) -> Removed:
    """Remove audit examples that name erased conversations."""
    started = time.monotonic()
    hashes = await _hashes(clickhouse, EXAMPLES_SQL)
    if hashes:
        named = f"has([{','.join(map(str, hashes))}], example.5)"
        kept = f"arrayFilter(example -> NOT {named}, examples)"
        where = f"arrayExists(example -> {named}, examples)"
        await mutate(clickhouse, "audits", f"UPDATE examples = {kept} WHERE {where}", lease.renew)
    return Removed("audits", len(hashes), time.monotonic() - started)


async def _restore_shared(clickhouse: ClickHouse, rules: FoldRules, lease: Maintenance) -> None:
    """Restore the facts of conversations that share their hash with an erased one and lost them with it."""
    if lease.owner_claims and (shared := await _hashes(clickhouse, SHARED_SQL)):
        await repair_conversations(clickhouse, hash_condition(shared), rules, lease.owner_claims[0])


async def _hashes(clickhouse: ClickHouse, sql: str) -> Sequence[int]:
    return sorted(row["conversation_hash"] for row in await clickhouse.rows(sql))
