"""Audit: are the facts and the activity in ClickHouse those that its events make, and is every row there once?

It holds nobody up. Conversations are compared a share at a time while flushes land. What differs is looked at again
until no flush has come between (`cut.py`): it differs then, or it was in flight. Conversations that flushes never leave
alone, and those of a partition whose last flush was cut off, are left for the next audit.
"""

from collections.abc import Callable
from typing import Final

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.fact_tables import DERIVED_TABLES, hash_condition
from stream_processors.conversations.rules import FoldRules
from stream_processors.errors import OperatorError
from stream_processors.maintenance.audit_log import clock_of
from stream_processors.maintenance.chunks import split_conversations
from stream_processors.maintenance.duplicates import surplus_events, surplus_letters
from stream_processors.maintenance.erasure import erased_among
from stream_processors.maintenance.report import Difference, Findings, differences_of
from stream_processors.maintenance.watermarks import Cut, part, wait_until_settled
from stream_processors.partitions.reconcile import missing_of_conversations

AUDITED: Final = ("events", "dead_letter_records", *DERIVED_TABLES)
LOOKS: Final = 4
SINCE_SQL: Final = (
    "SELECT toUnixTimestamp64Milli(least(max(received_at), now64(3))) AS last FROM events HAVING count() > 0"
)
CONVERSATIONS_SQL: Final = (
    "SELECT uniqExact(conversation_hash) AS conversations FROM events"
    " WHERE received_at >= fromUnixTimestamp64Milli({since})"
)
FOLDS_SQL: Final = "SELECT DISTINCT fold_version AS fold FROM latest_ranges WHERE fold_version != {fold:String}"
DAY_MS: Final = 86_400_000

Progress = Callable[[int, int], None]


async def since_days(clickhouse: ClickHouse, days: float) -> int:
    """Return the time so many days before the last receipt of an event, epoch milliseconds."""
    rows = await clickhouse.rows(SINCE_SQL)
    last = rows[0]["last"] if rows else await clock_of(clickhouse)
    return int(last - days * DAY_MS)


async def audit(clickhouse: ClickHouse, rules: FoldRules, since: int | None, progress: Progress) -> Findings:
    """Compare the conversations of which something was received since a time, or all; tell `progress` the shares done.

    Raises OperatorError when the facts were written by another fold.
    """
    await _refuse_other_folds(clickhouse, rules)
    found = Findings.of(AUDITED)
    found.conversations = await _count_conversations(clickhouse, since or 0)
    found.add(await surplus_letters(clickhouse))
    for share in await split_conversations(clickhouse, since):
        await _audit_share(clickhouse, share.condition, rules, found)
        progress(share.number + 1, share.shares)
    return found


async def compare(clickhouse: ClickHouse, condition: str, rules: FoldRules) -> list[Difference]:
    """Return what differs in the conversations that fulfil a condition, as the tables are at this moment."""
    missing = differences_of(await missing_of_conversations(clickhouse, condition, rules))
    return [*await surplus_events(clickhouse, condition), *missing]


async def _audit_share(clickhouse: ClickHouse, condition: str, rules: FoldRules, found: Findings) -> None:
    """Compare some conversations until each that differs does so without a flush, or has had enough looks."""
    touched: set[int] = set()
    for _ in range(LOOKS):
        cut = await Cut.read(clickhouse)
        seen = await compare(clickhouse, hash_condition(touched) if touched else condition, rules)
        if not seen:
            return
        unsettled = await wait_until_settled(clickhouse)
        hashes = {each.conversation_hash for each in seen}
        touched, waiting = await part(clickhouse, hashes, cut, unsettled)
        touched |= await erased_among(clickhouse, hashes)  # between the tables, while they are being erased
        found.add([each for each in seen if each.conversation_hash not in touched | waiting])
        found.waiting += len(waiting)
        if not touched:
            return
    found.touched += len(touched)


async def _count_conversations(clickhouse: ClickHouse, since: int) -> int:
    rows = await clickhouse.rows(CONVERSATIONS_SQL.replace("{since}", str(since)))
    return int(rows[0]["conversations"])


async def _refuse_other_folds(clickhouse: ClickHouse, rules: FoldRules) -> None:
    folds = [row["fold"] for row in await clickhouse.rows(FOLDS_SQL, {"fold": rules.version})]
    if folds:
        raise OperatorError(
            f"the facts were written by fold {' and '.join(folds)}, by these settings they are {rules.version}: give"
            " the settings of the workers, or run `python -m stream_processors rebuild`"
        )
