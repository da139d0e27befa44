"""The tracker of an agent that runs on threads."""

from types import TracebackType
from typing import Self

from convostream.tracking.base import BaseTracker


class ConversationTracker(BaseTracker):
    """Tracks the conversations of one agent.

    `with ConversationTracker("shop-assistant") as tracker:` closes it at the end; without that, the exit of the
    interpreter does. One tracker serves all threads.
    """

    def flush(self, timeout: float = 10.0) -> int:
        """Wait until all events so far are sent, at most so many seconds; return how many are unsent."""
        return self._transport.flush(timeout)

    def close(self, timeout: float = 10.0) -> int:
        """Flush and stop; return how many events are unsent. Later events are refused and counted."""
        return self._transport.close(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()
