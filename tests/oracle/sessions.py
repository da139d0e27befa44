"""Sessions of one conversation, their ends, and the bursts and exchanges inside them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from tests.oracle.events import Event

SHORTEST_SAMPLE_MS = 5


@dataclass(frozen=True, slots=True)
class Session:
    """Activity without a gap of more than the session gap; ``ends`` are the explicit ends that close it."""

    activities: tuple[Event, ...]
    ends: tuple[int, ...]
    gap_ms: int

    @property
    def started_at(self) -> int:
        """The first activity."""
        return self.activities[0].at

    @property
    def last_activity_at(self) -> int:
        """The last activity."""
        return self.activities[-1].at

    @property
    def ended_at(self) -> int:
        """The earliest explicit end within the gap of the last activity, else the last activity."""
        return min(
            (end for end in self.ends if end - self.last_activity_at <= self.gap_ms), default=self.last_activity_at
        )

    def is_closed(self, now: int) -> bool:
        """Return whether an explicit end closes it, or more than the gap has passed."""
        return bool(self.ends) or now - self.last_activity_at > self.gap_ms


@dataclass(frozen=True, slots=True)
class Exchange:
    """A burst and the first agent message after it, None if there is none in that session."""

    asked_at: int
    last_asked_at: int
    answered_at: int | None
    session: Session

    @property
    def response_ms(self) -> int | None:
        """The answer's time minus that of the first message of the burst."""
        return None if self.answered_at is None else self.answered_at - self.asked_at

    @property
    def is_measured(self) -> bool:
        """Whether question and answer were not tracked together."""
        return self.response_ms is not None and self.response_ms >= SHORTEST_SAMPLE_MS


def split_sessions(activities: list[Event], ends: list[int], gap_ms: int) -> list[Session]:
    """Return the sessions of activities that are in order."""
    groups: list[list[Event]] = []
    for event in activities:
        if not groups or event.at - groups[-1][-1].at > gap_ms:
            groups.append([])
        groups[-1].append(event)
    return [
        Session(tuple(group), tuple(_ends_between(ends, group[-1].at, following)), gap_ms)
        for group, following in pairwise([*groups, None])
        if group is not None
    ]


def _ends_between(ends: list[int], last_activity_at: int, following: list[Event] | None) -> Iterator[int]:
    for end in ends:
        if end >= last_activity_at and (following is None or end < following[0].at):
            yield end


def exchanges(session: Session) -> list[Exchange]:
    """Return the bursts of a session in order, each with its answer, if any."""
    found = []
    burst: list[int] = []
    for message in session.activities:
        if message.is_from("end_user"):
            burst.append(message.at)
        elif message.is_from("agent") and burst:
            found.append(Exchange(burst[0], burst[-1], message.at, session))
            burst = []
    return [*found, Exchange(burst[0], burst[-1], None, session)] if burst else found
