"""Findings: what an audit found, in numbers and by examples; its size does not grow with the rows that differ."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.fact_tables import ACTIVITY_COUNTS, FACT_TABLES, PLACE

# So many differences are kept whole; of all others the number and the conversation.
EXAMPLES: Final = 100

COUNTS: Final = {"activity": ACTIVITY_COUNTS}
TABLES: Final = {"activity": "activity", **{table.kind: table.name for table in FACT_TABLES}}

# Stands for the hash where there is none: of a dead letter.
NO_CONVERSATION: Final = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """A table differs in a quarter-hour of a conversation: so many rows or counts are missing, so many are too many.

    A dead letter belongs to no conversation: names and hash are empty and 0.
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
    """How many rows or counts of a table are missing or too many, and of which conversations, by hash."""

    missing: int = 0
    surplus: int = 0
    hashes: set[int] = field(default_factory=set)

    @property
    def rows(self) -> int:
        """How much differs in all."""
        return self.missing + self.surplus


@dataclass(slots=True)
class Findings:
    """What an audit found, and how many conversations it leaves for the next one.

    `touched` differ while flushes keep changing them; `waiting` differ, but of their partition a flush was cut off, and
    whoever replays it compares every table.
    """

    tables: dict[str, TableReport]
    conversations: int = 0
    touched: int = 0
    waiting: int = 0
    examples: list[Difference] = field(default_factory=list)

    @classmethod
    def of(cls, tables: Iterable[str]) -> "Findings":
        """Return findings about some tables in which nothing differs yet."""
        return cls({table: TableReport() for table in tables})

    @property
    def is_clean(self) -> bool:
        """Whether nothing differs."""
        return not any(found.rows for found in self.tables.values())

    @property
    def rows(self) -> dict[str, int]:
        """How much differs, by table."""
        return {table: found.rows for table, found in self.tables.items()}

    def hashes(self) -> set[int]:
        """Return the conversations that differ anywhere."""
        return {each for found in self.tables.values() for each in found.hashes} - {NO_CONVERSATION}

    def add(self, differences: Sequence[Difference]) -> None:
        """Take what differs."""
        for each in differences:
            found = self.tables[each.table]
            found.missing += each.missing
            found.surplus += each.surplus
            found.hashes.add(each.conversation_hash)
        self.examples += differences[: max(0, EXAMPLES - len(self.examples))]


def differences_of(segments: Iterable[Segment]) -> list[Difference]:
    """Return what segments of missing rows say, by table, conversation and quarter-hour."""
    differences = []
    for segment in segments:
        amounts: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
        columns = segment.columns
        for place, *counts in zip(
            zip(*(columns[name] for name in PLACE), strict=True),
            *(columns[name] for name in COUNTS.get(segment.kind, ("sign",))),
            strict=True,
        ):
            amount = amounts[place]
            for count in counts:
                amount[count < 0] += abs(count)
        differences += [Difference(TABLES[segment.kind], *place, *amount) for place, amount in amounts.items()]
    return differences
