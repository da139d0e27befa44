"""Pairs bursts of end_user messages with the agent messages that answer them, for average_response_time.

docs/metrics.md defines burst and exchange. A burst is a run of end_user messages of one session without an agent
message between them; the first agent message after it in the same session answers it. An answered burst is finished.
A burst is also finished, unanswered, when the next session begins. The burst of the current session stays open.
"""

from typing import NamedTuple


class ExchangeFact(NamedTuple):
    """A row of `exchange_facts`: a burst with its answer, or with the time at which its session closes.

    Times are in milliseconds since 1970 UTC.
    """

    asked_at: int
    last_asked_at: int
    answered_at: int | None
    closes_at: int | None


class Exchanges:
    """The bursts of one conversation; its messages are added in order."""

    __slots__ = ("asked_at", "last_asked_at")

    def __init__(self) -> None:
        self.asked_at: int | None = None
        self.last_asked_at = 0

    def add_end_user_message(self, at: int) -> None:
        """Start a burst, or extend the open one."""
        if self.asked_at is None:
            self.asked_at = at
        self.last_asked_at = at

    def add_agent_message(self, at: int, finished: list[ExchangeFact]) -> None:
        """Answer the open burst, if there is one."""
        if self.asked_at is not None:
            finished.append(ExchangeFact(self.asked_at, self.last_asked_at, at, None))
            self.asked_at = None

    def end_session(self, closes_at: int, finished: list[ExchangeFact]) -> None:
        """End the session: its open burst is finished unanswered."""
        finished.extend(self.open_facts(closes_at))
        self.asked_at = None

    def open_facts(self, closes_at: int) -> list[ExchangeFact]:
        """Return the open burst, if there is one, as unanswered so far."""
        if self.asked_at is None:
            return []
        return [ExchangeFact(self.asked_at, self.last_asked_at, None, closes_at)]
