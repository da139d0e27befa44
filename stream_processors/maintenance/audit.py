"""The audit: compare facts and activity in ClickHouse with the events, and count duplicate rows.

Audits do not block ingestion. Conversations are compared a chunk at a time while flushes are written. Each pass first
records a watermark per partition (`watermarks.py`). A mismatch is reported only if, after the flushes in flight have
finished, the conversation has no event past its watermark. Conversations that flushes keep changing, and those of a
partition with an interrupted flush, are left to the next audit.
"""

from collections.abc import Callable
from typing import Final

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.fact_tables import DERIVED_TABLES, hash_condition
from stream_processors.conversations.rules import FoldRules
from stream_processors.errors import OperatorError
from stream_processors.maintenance.chunks import split_conversations
from stream_processors.maintenance.duplicates import duplicate_dead_letters, duplicate_events
from stream_processors.maintenance.erasure import erased_among
from stream_processors.maintenance.report import AuditReport, Difference, clock_of, differences_of
from stream_processors.maintenance.watermarks import Watermarks, classify, wait_until_settled
from stream_processors.partitions.reconcile import missing_of_conversations

AUDITED: Final = ("events", "dead_letter_records", *DERIVED_TABLES)
ATTEMPTS: Final = 4
SINCE_SQL: Final = (
    "SELECT toUnixTimestamp64Milli(least(max(received_at), now64(3))) AS last FROM events HAVING count() > 0"
)
CONVERSATIONS_SQL: Final = (
    "SELECT uniqExact(conversation_hash) AS conversations FROM events"
    " WHERE received_at >= fromUnixTimestamp64Milli({since})"
)
FOLDS_SQL: Final = "SELECT DISTINCT fold_version FROM latest_ranges WHERE fold_version != {fold_version:String}"
DAY_MS: Final = 86_400_000

# Called with the number of chunks that are done, and of all.
Progress = Callable[[int, int], None]


async def since_days(clickhouse: ClickHouse, days: float) -> int:
    """Return the time that many days before the last receipt of an event, in epoch milliseconds."""
    rows = await clickhouse.rows(SINCE_SQL)
    last = rows[0]["last"] if rows else await clock_of(clickhouse)
    return int(last - days * DAY_MS)


async def audit(clickhouse: ClickHouse, rules: FoldRules, since: int | None, progress: Progress) -> AuditReport:
    """Compare the conversations with events received since a time, or all for None.

    Raises OperatorError when the facts were written by another version of the fold.
    """
    await _refuse_other_folds(clickhouse, rules)
    report = AuditReport.of(AUDITED)
    report.conversations = await _count_conversations(clickhouse, since or 0)
    report.add(await duplicate_dead_letters(clickhouse))
    for chunk in await split_conversations(clickhouse, since):
        await _audit_chunk(clickhouse, chunk.condition, rules, report)
        progress(chunk.number + 1, chunk.count)
    return report


async def compare(clickhouse: ClickHouse, condition: str, rules: FoldRules) -> list[Difference]:
    """Return the differences of the conversations that fulfil a condition, as the tables are now."""
    missing = differences_of(await missing_of_conversations(clickhouse, condition, rules))
    return [*await duplicate_events(clickhouse, condition), *missing]


async def _audit_chunk(clickhouse: ClickHouse, condition: str, rules: FoldRules, report: AuditReport) -> None:
    """Compare some conversations; repeat it for those in flux, up to ATTEMPTS times."""
    in_flux: set[int] = set()
    for _ in range(ATTEMPTS):
        watermarks = await Watermarks.read(clickhouse)
        differences = await compare(clickhouse, hash_condition(in_flux) if in_flux else condition, rules)
        if not differences:
            return
        unsettled = await wait_until_settled(clickhouse)
        hashes = {difference.conversation_hash for difference in differences}
        in_flux, pending_replay = await classify(clickhouse, hashes, watermarks, unsettled)
        # An erasure removes the rows of a conversation from one table after the other.
        in_flux |= await erased_among(clickhouse, hashes)
        skipped = in_flux | pending_replay
        report.add([difference for difference in differences if difference.conversation_hash not in skipped])
        report.pending_replay += len(pending_replay)
        if not in_flux:
            return
    report.in_flux += len(in_flux)


async def _count_conversations(clickhouse: ClickHouse, since: int) -> int:
    rows = await clickhouse.rows(CONVERSATIONS_SQL.replace("{since}", str(since)))
    return int(rows[0]["conversations"])


async def _refuse_other_folds(clickhouse: ClickHouse, rules: FoldRules) -> None:
    versions = [row["fold_version"] for row in await clickhouse.rows(FOLDS_SQL, {"fold_version": rules.version})]
    if versions:
        raise OperatorError(
            f"the facts were written with fold version {' and '.join(versions)}, but the settings make {rules.version}:"
            " use the settings of the workers, or run `python -m stream_processors rebuild`"
        )
