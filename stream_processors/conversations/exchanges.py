"""Response times: bursts of end_user messages and the agent message that answers them, within one session.

All times are milliseconds since 1970 UTC. A burst that is answered makes a finished exchange. One whose session was
followed by another is finished unanswered; the burst of the current session stays open.
"""

from typing import NamedTuple


class ExchangeFact(NamedTuple):
    """A burst and its answer; an unanswered burst carries the time at which its session closes instead."""

    asked_at: int
    last_asked_at: int
    answered_at: int | None
    closes_at: int | None


class Exchanges:
    """The bursts of one conversation, fed in order."""

    __slots__ = ("asked_at", "last_asked_at")

    def __init__(self) -> None:
        self.asked_at: int | None = None
        self.last_asked_at = 0

    def ask(self, at: int) -> None:
        """Take an end_user message: it begins a burst or makes it longer."""
        if self.asked_at is None:
            self.asked_at = at
        self.last_asked_at = at

    def answer(self, at: int, finished: list[ExchangeFact]) -> None:
        """Take an agent message: it answers the open burst, if there is one."""
        if self.asked_at is not None:
            finished.append(ExchangeFact(self.asked_at, self.last_asked_at, at, None))
            self.asked_at = None

    def break_off(self, closes_at: int, finished: list[ExchangeFact]) -> None:
        """End the session: an open burst stays unanswered."""
        finished.extend(self.open_facts(closes_at))
        self.asked_at = None

    def open_facts(self, closes_at: int) -> list[ExchangeFact]:
        """Return the open burst, unanswered as far as is known."""
        if self.asked_at is None:
            return []
        return [ExchangeFact(self.asked_at, self.last_asked_at, None, closes_at)]
