"""Splits the activity of one conversation into sessions (docs/metrics.md, session).

A gap longer than the session gap starts a new session; a gap of exactly that length does not. An explicit end closes
the current session unless later activity within the gap continues it. A session is finished when the next one starts
and never changes again. The first session stays open, because its fact also carries the span of the conversation.
All times are milliseconds since 1970 UTC.
"""

from typing import Final, NamedTuple

# `closes_at` of a session that an explicit end closed: it is closed at any time of a query.
CLOSED_BY_AN_END: Final = 0


class SessionFact(NamedTuple):
    """A row of `session_facts`; only the first session of a conversation has the `conversation_` fields."""

    started_at: int
    last_activity_at: int
    ended_at: int | None
    closes_at: int
    activities: int
    conversation_last_activity_at: int | None = None
    conversation_activities: int | None = None
    conversation_closes_at: int | None = None


class Session:
    """One session; its activities and ends are added in order."""

    __slots__ = ("activities", "end", "last_activity_at", "started_at")

    def __init__(self, started_at: int, end: int | None) -> None:
        self.started_at = started_at
        self.last_activity_at = started_at
        self.activities = 1
        self.end = end  # the earliest explicit end at or after the last activity

    def closes_at(self, gap: int) -> int:
        """Return the time after which the session is closed, or `CLOSED_BY_AN_END`."""
        return self.last_activity_at + gap if self.end is None else CLOSED_BY_AN_END

    def fact(self, gap: int) -> SessionFact:
        """Return the session's fact without the span of the conversation."""
        end = self.end
        counts = end is not None and end - self.last_activity_at <= gap  # as the end of average_conversation_duration
        return SessionFact(
            self.started_at, self.last_activity_at, end if counts else None, self.closes_at(gap), self.activities
        )


class Sessions:
    """The sessions of one conversation; its activities and ends are added in order."""

    __slots__ = ("activities", "closes_before", "current", "first", "gap", "latest_end")

    def __init__(self, gap: int) -> None:
        self.gap = gap
        self.first: Session | None = None
        self.current: Session | None = None
        self.latest_end: int | None = None
        self.activities = 0
        self.closes_before = 0  # the latest closing time of the sessions before the current one

    def add_activity(self, at: int, finished: list[SessionFact]) -> Session | None:
        """Add an activity; return the session before it if the activity started a new one."""
        self.activities += 1
        end = at if self.latest_end == at else None
        current = self.current
        if current is not None and at - current.last_activity_at <= self.gap:
            current.last_activity_at = at
            current.activities += 1
            current.end = end
            return None
        if current is not None:
            self._finish(current, at, finished)
        self.current = Session(at, end)
        self.first = self.first or self.current
        return current

    def add_end(self, at: int) -> None:
        """Add an explicit end; the session keeps the first one at or after its last activity."""
        self.latest_end = at
        if self.current is not None and self.current.end is None:
            self.current.end = at

    def _finish(self, session: Session, next_started_at: int, finished: list[SessionFact]) -> None:
        if session.end == next_started_at:
            session.end = None  # an end at the start of the next session does not close this one
        self.closes_before = max(self.closes_before, session.closes_at(self.gap))
        if session is not self.first:
            finished.append(session.fact(self.gap))

    def open_facts(self) -> list[SessionFact]:
        """Return the facts that may still change: the first session, with the span, and the current one."""
        first, current = self.first, self.current
        if first is None or current is None:
            return []
        own = first.fact(self.gap)[:5]
        span_closes_at = max(self.closes_before, current.closes_at(self.gap))
        spanned = SessionFact(*own, current.last_activity_at, self.activities, span_closes_at)
        return [spanned] if first is current else [spanned, current.fact(self.gap)]
