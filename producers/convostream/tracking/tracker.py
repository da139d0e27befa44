"""The tracker of an agent that runs on threads."""

from types import TracebackType
from typing import Self

from convostream.tracking.base import BaseTracker


class ConversationTracker(BaseTracker):
    """Track the conversations of one agent.

    `with ConversationTracker("shop-assistant") as tracker:` closes it at the end; otherwise it is closed when the
    interpreter exits. One tracker serves all threads.
    """

    def flush(self, timeout: float = 10.0) -> int:
        """Wait until all events are sent, for at most `timeout` seconds; return the number of unsent events."""
        return self._transport.flush(timeout)

    def close(self, timeout: float = 10.0) -> int:
        """Flush and stop; return the number of unsent events. Later events are refused and counted."""
        return self._transport.close(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()
