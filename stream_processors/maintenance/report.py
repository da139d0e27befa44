"""The report of an audit: what differs, in numbers and by examples, and its row in the table `audits`.

Its size does not grow with the number of rows that differ. Times are epoch milliseconds.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.fact_tables import ACTIVITY_COUNTS, FACT_TABLES, KEY_COLUMNS

# The number of differences that are kept whole; the others are counted, and their conversations kept.
EXAMPLES: Final = 100

COUNTS: Final = {"activity": ACTIVITY_COUNTS}
TABLES: Final = {"activity": "activity", **{table.kind: table.name for table in FACT_TABLES}}

# Stands for the hash of a dead letter, which belongs to no conversation.
NO_CONVERSATION: Final = 0

NOW_SQL: Final = "SELECT toUnixTimestamp64Milli(now64(3)) AS now"


@dataclass(frozen=True, slots=True)
class Difference:
    """How many rows or counts of a table are missing or surplus in a quarter-hour of a conversation.

    For a dead letter, names are empty and the hash is NO_CONVERSATION.
    """

    table: str
    agent_id: str
    environment: str
    quarter_hour: int
    conversation_hash: int
    missing: int
    surplus: int


@dataclass(slots=True)
class TableReport:
    """How many rows or counts of a table are missing or surplus, and the hashes of their conversations."""

    missing: int = 0
    surplus: int = 0
    hashes: set[int] = field(default_factory=set)

    @property
    def rows(self) -> int:
        """The number of differences."""
        return self.missing + self.surplus


@dataclass(slots=True)
class AuditReport:
    """What an audit found.

    The next audit compares two groups again: conversations `in_flux`, which flushes keep changing, and those of
    `pending_replay`, whose partition has an interrupted flush. Its next owner replays it and reconciles every table.
    """

    tables: dict[str, TableReport]
    conversations: int = 0
    in_flux: int = 0
    pending_replay: int = 0
    examples: list[Difference] = field(default_factory=list)

    @classmethod
    def of(cls, tables: Iterable[str]) -> "AuditReport":
        """Return an empty report about some tables."""
        return cls({table: TableReport() for table in tables})

    @property
    def is_clean(self) -> bool:
        """Whether nothing differs."""
        return not any(table.rows for table in self.tables.values())

    @property
    def rows(self) -> dict[str, int]:
        """The number of differences by table."""
        return {name: table.rows for name, table in self.tables.items()}

    def hashes(self) -> set[int]:
        """Return the hashes of all conversations that differ."""
        return {hash_ for table in self.tables.values() for hash_ in table.hashes} - {NO_CONVERSATION}

    def add(self, differences: Sequence[Difference]) -> None:
        """Add differences."""
        for difference in differences:
            table = self.tables[difference.table]
            table.missing += difference.missing
            table.surplus += difference.surplus
            table.hashes.add(difference.conversation_hash)
        self.examples += differences[: max(0, EXAMPLES - len(self.examples))]


@dataclass(frozen=True, slots=True)
class FinishedAudit:
    """An audit with its outcome. `repaired` counts rows; `since` is None for an audit of all conversations.

    It is clean when nothing differs afterwards: nothing did, or a second comparison proved the repair.
    """

    started_at: int
    finished_at: int
    since: int | None
    report: AuditReport
    repaired: int
    is_clean: bool


def differences_of(segments: Iterable[Segment]) -> list[Difference]:
    """Return the differences that segments of missing rows stand for, by table, conversation and quarter-hour."""
    differences = []
    for segment in segments:
        amounts: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
        columns = segment.columns
        for key, *counts in zip(
            zip(*(columns[name] for name in KEY_COLUMNS), strict=True),
            *(columns[name] for name in COUNTS.get(segment.kind, ("sign",))),
            strict=True,
        ):
            amount = amounts[key]
            for count in counts:
                amount[count < 0] += abs(count)
        differences += [Difference(TABLES[segment.kind], *key, *amount) for key, amount in amounts.items()]
    return differences


async def clock_of(clickhouse: ClickHouse) -> int:
    """Return the time by the clock of ClickHouse."""
    return int((await clickhouse.rows(NOW_SQL))[0]["now"])


async def write_audit(clickhouse: ClickHouse, auditor_id: str, audit: FinishedAudit) -> None:
    """Add an audit to the table `audits`; the latest one is what metrics and dashboard show."""
    report = audit.report
    row = {
        "started_at": _time(audit.started_at),
        "finished_at": _time(audit.finished_at),
        "auditor_id": auditor_id,
        "since": None if audit.since is None else _time(audit.since),
        "conversations": report.conversations,
        "touched": report.in_flux,
        "differences": {table: rows for table, rows in report.rows.items() if rows},
        "examples": [astuple(example) for example in report.examples],
        "repaired": audit.repaired,
        "is_clean": int(audit.is_clean),
    }
    await clickhouse.insert_row("audits", row)


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
