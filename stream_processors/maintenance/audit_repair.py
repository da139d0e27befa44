"""`audit --repair`: compare and repair the reported conversations under a claim of all partitions, then compare again.

Meanwhile the fence refuses all workers, so no difference is one of timing. A flush that the claim interrupts does no
harm: its conversations get the facts of those of its events that are stored, and its replay reconciles every table.
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
from stream_processors.maintenance.duplicates import FROM_RECORDS, duplicate_dead_letters, remove_duplicates
from stream_processors.maintenance.erasure import complete, is_pending
from stream_processors.maintenance.lease import Maintenance, maintenance
from stream_processors.maintenance.report import AuditReport, FinishedAudit, clock_of, write_audit
from stream_processors.partitions.range_log import OwnerClaim
from stream_processors.partitions.reconcile import repair_conversations
from stream_processors.partitions.writer import PASSING_SECONDS

CONVERSATIONS_AT_ONCE: Final = 5_000
PARTITIONS_SQL: Final = (
    "SELECT conversation_hash, argMax(topic, received_at) AS topic, any(kafkaMurmurHash(concat(agent_id, '/',"
    " conversation_id))) AS key_hash FROM events WHERE {condition} GROUP BY conversation_hash"
)


async def audit_and_log(
    clickhouse: ClickHouse, rules: FoldRules, since: int | None, auditor_id: str, repair: bool, progress: Progress
) -> FinishedAudit:
    """Audit, repair the differences if `repair` is set, and write the outcome to the table `audits`."""
    started_at, repaired = await clock_of(clickhouse), 0
    report = await audit(clickhouse, rules, since, progress)
    is_clean = report.is_clean
    if repair and (not is_clean or await is_pending(clickhouse)):
        repaired, is_clean = await _repair(clickhouse, rules, report, auditor_id, progress)
    finished = FinishedAudit(started_at, await clock_of(clickhouse), since, report, repaired, is_clean)
    await write_audit(clickhouse, auditor_id, finished)
    return finished


async def _repair(
    clickhouse: ClickHouse, rules: FoldRules, report: AuditReport, auditor_id: str, progress: Progress
) -> tuple[int, bool]:
    """Repair what a report names; return the number of rows written or removed, and whether nothing differs now."""
    hashes = sorted(report.hashes())
    groups = [hashes[start : start + CONVERSATIONS_AT_ONCE] for start in range(0, len(hashes), CONVERSATIONS_AT_ONCE)]
    async with maintenance(clickhouse, auditor_id) as lease:
        if not lease.owner_claims:
            raise OperatorError("no worker has ever written here: run `python -m stream_processors rebuild`")
        if any(not range_.confirmed for range_ in lease.latest):
            await asyncio.sleep(PASSING_SECONDS)
        repaired = 0
        # An erasure was interrupted, or a worker has learned that a conversation belongs to an erased customer.
        if await is_pending(clickhouse):
            repaired = sum(removed.rows for removed in await complete(clickhouse, rules, lease))
        repaired += await remove_duplicates(clickhouse, "dead_letter_records", FROM_RECORDS)
        is_clean = not await duplicate_dead_letters(clickhouse)
        for done, group in enumerate(groups, start=1):
            await lease.renew()
            repaired += await _repair_group(clickhouse, rules, group, lease)
            is_clean = not await compare(clickhouse, hash_condition(group), rules) and is_clean
            progress(done, len(groups))
    return repaired, is_clean


async def _repair_group(clickhouse: ClickHouse, rules: FoldRules, hashes: Sequence[int], lease: Maintenance) -> int:
    repaired = await remove_duplicates(clickhouse, "events", hash_condition(hashes))
    for claim, own in (await _by_claim(clickhouse, hashes, lease.owner_claims)).items():
        repaired += await repair_conversations(clickhouse, hash_condition(own), rules, claim)
    return repaired


async def _by_claim(
    clickhouse: ClickHouse, hashes: Sequence[int], claims: Sequence[OwnerClaim]
) -> dict[OwnerClaim, list[int]]:
    """Return conversations by the claim of their partition; those without events come under the first claim."""
    rows = await clickhouse.rows(PARTITIONS_SQL.replace("{condition}", hash_condition(hashes)))
    partitions = {row["conversation_hash"]: (row["topic"], row["key_hash"]) for row in rows}
    by_claim: defaultdict[OwnerClaim, list[int]] = defaultdict(list)
    for hash_ in hashes:
        topic, key_hash = partitions.get(hash_, ("", 0))
        own = [c for c in claims if c.topic == topic and c.partition == key_hash % max(1, c.partitions)]
        by_claim[(own or claims)[0]].append(hash_)
    return by_claim
