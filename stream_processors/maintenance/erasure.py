"""Completing erasures: whatever tombstones cover is removed from every table, under a claim of all partitions.

It asks for no ids, so it goes on after a command that was killed, removes what a restored backup brought back, and what
a worker had stored of a conversation before it turned out to be an erased customer's.
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

# A flush that passed the fence before may land late; what it brings is removed in another round.
ROUNDS: Final = 3

BY_DIGEST: Final = (
    f"(conversation_hash, {CONVERSATION_SQL}) IN"  # noqa: S608 - our own SQL
    " (SELECT conversation_hash, digest FROM erasures WHERE kind = 'conversation')"
)
BY_HASH: Final = "conversation_hash IN (SELECT conversation_hash FROM erasures WHERE kind = 'conversation')"

# The tables that hold the id of a conversation, not its hash alone.
TABLES_WITH_IDS: Final = ("events", "conversation_facts")

# What makes a row of a table an erased one.
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
LETTERS_SQL: Final = (
    "SELECT key, raw, toUnixTimestamp64Milli(received_at) AS received_at_ms FROM dead_letter_records"  # noqa: S608
    f" WHERE status = 'refused' AND {KEY_SQL} IN (SELECT key_digest FROM erasures WHERE kind = 'conversation')"
)
SHARED_SQL: Final = f"SELECT DISTINCT conversation_hash FROM events WHERE {BY_HASH} AND NOT {BY_DIGEST}"  # noqa: S608
EXAMPLES_SQL: Final = f"SELECT DISTINCT arrayJoin(examples).5 AS conversation_hash FROM audits WHERE {BY_HASH}"  # noqa: S608


class Removed(NamedTuple):
    """How many rows were removed from a table, and how long that took."""

    table: str
    rows: int
    seconds: float


async def is_pending(clickhouse: ClickHouse) -> bool:
    """Tell whether a table holds rows that tombstones cover."""
    tables = ("events", *DERIVED_TABLES)  # not dead letters, whose bytes would all be read for it
    counts = [await count_rows(clickhouse, table, CONDITIONS[table]) for table in tables]
    return any(counts)


async def erased_among(clickhouse: ClickHouse, hashes: Iterable[int]) -> set[int]:
    """Return which of some conversations were erased, by hash."""
    rows = await clickhouse.rows(f"SELECT DISTINCT conversation_hash FROM erasures WHERE {hash_condition(hashes)}")  # noqa: S608
    return {row["conversation_hash"] for row in rows} - {NO_CONVERSATION}


async def complete(clickhouse: ClickHouse, rules: FoldRules, held: Maintenance) -> list[Removed]:
    """Remove what tombstones cover from every table; return the rows removed by table."""
    total: dict[str, Removed] = {}
    for _ in range(ROUNDS):
        removed = await _remove(clickhouse, rules, held)
        for each in removed:
            before = total.get(each.table, Removed(each.table, 0, 0.0))
            total[each.table] = Removed(each.table, before.rows + each.rows, before.seconds + each.seconds)
        if not any(each.rows for each in removed):
            break
    return list(total.values())


async def _remove(clickhouse: ClickHouse, rules: FoldRules, held: Maintenance) -> list[Removed]:
    for table in DERIVED_TABLES:  # a rebuild that was killed has left them
        await clickhouse.command(f"DROP TABLE IF EXISTS {table}_rebuilt")
    await clickhouse.command(CUSTOMERS_SQL)
    await _cover_letters(clickhouse)
    # All at once: readers see a person half removed for as short as can be.
    removed = await asyncio.gather(*(_remove_from(clickhouse, table, held) for table in CONDITIONS))
    audits = await _clear_audits(clickhouse, held)
    await held.renew()
    await _restore_shared(clickhouse, rules, held)
    return [*removed, audits]


async def _remove_from(clickhouse: ClickHouse, table: str, held: Maintenance) -> Removed:
    started = time.monotonic()
    rows = await delete_rows(clickhouse, table, CONDITIONS[table], held.renew)
    return Removed(table, rows, time.monotonic() - started)


async def _cover_letters(clickhouse: ClickHouse) -> None:
    """Write the tombstones of dead letters that the records of erased conversations became."""
    tombstones, digests = await Tombstones.load(clickhouse), set[bytes]()

    def take(row: Row) -> None:
        if covers_refused(tombstones, row["key"], row["raw"], row["received_at_ms"]):
            digests.add(dead_letter_digest(row["key"], row["raw"]))

    await clickhouse.scan(LETTERS_SQL, {}, take)
    await add_dead_letters(clickhouse, sorted(digests - tombstones.dead_letters))


async def _clear_audits(clickhouse: ClickHouse, held: Maintenance) -> Removed:
    """Remove the examples of audits that name erased conversations."""
    started = time.monotonic()
    hashes = await _hashes(clickhouse, EXAMPLES_SQL)
    if hashes:
        named = f"has([{','.join(map(str, hashes))}], example.5)"
        kept = f"arrayFilter(example -> NOT {named}, examples)"
        where = f"arrayExists(example -> {named}, examples)"
        await mutate(clickhouse, "audits", f"UPDATE examples = {kept} WHERE {where}", held.renew)
    return Removed("audits", len(hashes), time.monotonic() - started)


async def _restore_shared(clickhouse: ClickHouse, rules: FoldRules, held: Maintenance) -> None:
    """Write the facts of conversations again that have the hash of an erased one, and lost theirs with it."""
    if held.owner_claims and (shared := await _hashes(clickhouse, SHARED_SQL)):
        await repair_conversations(clickhouse, hash_condition(shared), rules, held.owner_claims[0])


async def _hashes(clickhouse: ClickHouse, sql: str) -> Sequence[int]:
    return sorted(row["conversation_hash"] for row in await clickhouse.rows(sql))
