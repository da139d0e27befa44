"""`audit --repair`: what an audit found is compared and repaired under a claim of all partitions, and then proved.

The fence refuses all workers meanwhile, so what differs now differs. A flush that the claim cuts off is no hindrance:
its conversations are made what those of its events say that have landed, and its replay compares every table.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.fact_tables import hash_condition
from stream_processors.conversations.rules import FoldRules
from stream_processors.errors import OperatorError
from stream_processors.maintenance.audit import Progress, audit, compare
from stream_processors.maintenance.audit_log import Audited, clock_of, write_audit
from stream_processors.maintenance.duplicates import LETTERS, remove_surplus, surplus_letters
from stream_processors.maintenance.erasure import complete, is_pending
from stream_processors.maintenance.lease import Maintenance, maintenance
from stream_processors.maintenance.report import Findings
from stream_processors.partitions.range_log import OwnerClaim
from stream_processors.partitions.reconcile import repair_conversations
from stream_processors.partitions.writer import PASSING_SECONDS

CONVERSATIONS_AT_ONCE: Final = 5_000
HOMES_SQL: Final = (
    "SELECT conversation_hash, argMax(topic, received_at) AS home, any(kafkaMurmurHash(concat(agent_id, '/',"
    " conversation_id))) AS place FROM events WHERE {condition} GROUP BY conversation_hash"
)


async def audit_and_log(
    clickhouse: ClickHouse, rules: FoldRules, since: int | None, auditor_id: str, repair: bool, progress: Progress
) -> Audited:
    """Audit, repair what differs if that is wanted, and add the outcome to the log of audits."""
    started_at, repaired = await clock_of(clickhouse), 0
    found = await audit(clickhouse, rules, since, progress)
    is_clean = found.is_clean
    if repair and (not is_clean or await is_pending(clickhouse)):
        repaired, is_clean = await _repair(clickhouse, rules, found, auditor_id, progress)
    audited = Audited(started_at, await clock_of(clickhouse), since, found, repaired, is_clean)
    await write_audit(clickhouse, auditor_id, audited)
    return audited


async def _repair(
    clickhouse: ClickHouse, rules: FoldRules, found: Findings, auditor_id: str, progress: Progress
) -> tuple[int, bool]:
    """Repair what was found; return how many rows that took, and whether nothing differs afterwards."""
    hashes = sorted(found.hashes())
    parts = [hashes[start : start + CONVERSATIONS_AT_ONCE] for start in range(0, len(hashes), CONVERSATIONS_AT_ONCE)]
    async with maintenance(clickhouse, auditor_id) as held:
        if not held.owner_claims:
            raise OperatorError("no worker has ever written here: run `python -m stream_processors rebuild`")
        if any(not latest.confirmed for latest in held.latest):
            await asyncio.sleep(PASSING_SECONDS)
        repaired = 0
        if await is_pending(clickhouse):  # an erasure was cut off, or a worker found out what belongs to one
            repaired = sum(removed.rows for removed in await complete(clickhouse, rules, held))
        repaired += await remove_surplus(clickhouse, "dead_letter_records", LETTERS)
        is_clean = not await surplus_letters(clickhouse)
        for done, part in enumerate(parts, start=1):
            await held.renew()
            repaired += await _repair_part(clickhouse, rules, part, held)
            is_clean = not await compare(clickhouse, hash_condition(part), rules) and is_clean
            progress(done, len(parts))
    return repaired, is_clean


async def _repair_part(clickhouse: ClickHouse, rules: FoldRules, hashes: Sequence[int], held: Maintenance) -> int:
    repaired = await remove_surplus(clickhouse, "events", hash_condition(hashes))
    for owner_claim, own in (await _by_owner(clickhouse, hashes, held.owner_claims)).items():
        repaired += await repair_conversations(clickhouse, hash_condition(own), rules, owner_claim)
    return repaired


async def _by_owner(
    clickhouse: ClickHouse, hashes: Sequence[int], owner_claims: Sequence[OwnerClaim]
) -> dict[OwnerClaim, list[int]]:
    """Return the conversations by the owner who writes them; of those without events any will do."""
    homes = {
        row["conversation_hash"]: (row["home"], row["place"])
        for row in await clickhouse.rows(HOMES_SQL.replace("{condition}", hash_condition(hashes)))
    }
    owners: defaultdict[OwnerClaim, list[int]] = defaultdict(list)
    for each in hashes:
        topic, place = homes.get(each, ("", 0))
        owner = [t for t in owner_claims if t.topic == topic and t.partition == place % max(1, t.partitions)]
        owners[(owner or owner_claims)[0]].append(each)
    return owners
