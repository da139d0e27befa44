"""Sessions: activity of one conversation without a gap longer than the session gap.

The fold takes activities and explicit ends in the order of the conversation. A session that a later one has followed
is finished and never changes again; the first and the current session are open, for the first one carries the span of
its conversation. All times are milliseconds since 1970 UTC.
"""

from typing import Final, NamedTuple

CLOSED_BY_AN_END: Final = 0


class SessionFact(NamedTuple):
    """A session as it is written to `session_facts`; only the first one of a conversation carries its span."""

    started_at: int
    last_activity_at: int
    ended_at: int | None
    closes_at: int
    activities: int
    conversation_last_activity_at: int | None = None
    conversation_activities: int | None = None
    conversation_closes_at: int | None = None


class Session:
    """One session while activities and ends are added to it, in order."""

    __slots__ = ("activities", "end", "last_activity_at", "started_at")

    def __init__(self, started_at: int, end: int | None) -> None:
        self.started_at = started_at
        self.last_activity_at = started_at
        self.activities = 1
        self.end = end  # the earliest explicit end at or after the last activity

    def closes_at(self, gap: int) -> int:
        """Return the time after which the session is closed; at once when an end closed it."""
        return self.last_activity_at + gap if self.end is None else CLOSED_BY_AN_END

    def fact(self, gap: int) -> SessionFact:
        """Return the session's fact without a conversation's span."""
        end = self.end
        counts = end is not None and end - self.last_activity_at <= gap
        return SessionFact(
            self.started_at, self.last_activity_at, end if counts else None, self.closes_at(gap), self.activities
        )


class Sessions:
    """The sessions of one conversation, fed in order."""

    __slots__ = ("activities", "closes_before", "current", "first", "gap", "latest_end")

    def __init__(self, gap: int) -> None:
        self.gap = gap
        self.first: Session | None = None
        self.current: Session | None = None
        self.latest_end: int | None = None
        self.activities = 0
        self.closes_before = 0  # the latest closing time of the sessions before the current one

    def add_activity(self, at: int, finished: list[SessionFact]) -> Session | None:
        """Take an activity; return the session that it left behind, if it began a new one."""
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
        """Take an explicit end: the first one at or after the last activity is the session's."""
        self.latest_end = at
        if self.current is not None and self.current.end is None:
            self.current.end = at

    def _finish(self, session: Session, next_started_at: int, finished: list[SessionFact]) -> None:
        if session.end == next_started_at:
            session.end = None  # an end belongs to the session before it only when it lies before the next one
        self.closes_before = max(self.closes_before, session.closes_at(self.gap))
        if session is not self.first:
            finished.append(session.fact(self.gap))

    def open_facts(self) -> list[SessionFact]:
        """Return what later events may still change: the first session, with the span, and the current one."""
        first, current = self.first, self.current
        if first is None or current is None:
            return []
        own = first.fact(self.gap)[:5]
        span_closes_at = max(self.closes_before, current.closes_at(self.gap))
        spanned = SessionFact(*own, current.last_activity_at, self.activities, span_closes_at)
        return [spanned] if first is current else [spanned, current.fact(self.gap)]
