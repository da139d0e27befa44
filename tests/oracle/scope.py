"""The scope of a question within a history, and the rows that most views share."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from tests.oracle.conversations import Conversation
from tests.oracle.events import Event
from tests.oracle.sessions import Session

Cell = str | int | float | None
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """The five parameters of a view, and ClickHouse's clock; times in epoch milliseconds."""

    agent_id: str
    environment: str
    since: int
    until: int
    time_zone: str
    now: int

    @property
    def zone(self) -> ZoneInfo:
        """The requested time zone."""
        return ZoneInfo(self.time_zone)

    def covers(self, at: int | None) -> bool:
        """Return whether an instant lies in [since, until)."""
        return at is not None and self.since <= at < self.until


@dataclass(frozen=True)
class Scope:
    """The conversations of one agent and environment for a question."""

    conversations: list[Conversation]
    question: Question

    @cached_property
    def engaged(self) -> list[Conversation]:
        """Those whose engaged_at lies in the range."""
        return [conversation for conversation in self.conversations if self.question.covers(conversation.engaged_at)]

    @cached_property
    def messages(self) -> list[Event]:
        """The messages in the range."""
        return [event for event in self.activities() if event.is_message]

    @cached_property
    def sessions(self) -> list[Session]:
        """The sessions that started in the range."""
        sessions = (session for conversation in self.conversations for session in conversation.sessions)
        return [session for session in sessions if self.question.covers(session.started_at)]

    def activities(self) -> Iterator[Event]:
        """Return the activities in the range."""
        for conversation in self.conversations:
            yield from (event for event in conversation.activities if self.question.covers(event.at))


def breakdown(names: Iterable[Hashable]) -> list[Row]:
    """Return a row for each name with its count, highest first, then by name; a name may have several parts."""
    counts = Counter(name if isinstance(name, tuple) else (name,) for name in names)
    return [(*name, count) for name, count in sorted(counts.items(), key=lambda item: (-item[1], by_name(item[0])))]


def by_name(name: Iterable[Cell]) -> tuple[tuple[bool, bytes | float], ...]:
    """Return ClickHouse's sort key of names: UTF-8 bytes, NULL last."""
    return tuple(_part(part) for part in name)


def _part(part: Cell) -> tuple[bool, bytes | float]:
    if isinstance(part, str):
        return False, part.encode()
    return part is None, part or 0.0
