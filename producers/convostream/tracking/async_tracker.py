"""The tracker of an agent that runs on asyncio. The tracking calls are the same and never block."""

import asyncio
from types import TracebackType
from typing import Self

from convostream.tracking.base import BaseTracker


class AsyncConversationTracker(BaseTracker):
    """Track the conversations of one agent; only `flush` and `close` are awaited.

    `async with AsyncConversationTracker("shop-assistant") as tracker:` closes it at the end.
    """

    async def flush(self, timeout: float = 10.0) -> int:
        """Wait until all events are sent, for at most `timeout` seconds; return the number of unsent events."""
        return await asyncio.to_thread(self._transport.flush, timeout)

    async def close(self, timeout: float = 10.0) -> int:
        """Flush and stop; return the number of unsent events. Later events are refused and counted."""
        return await asyncio.to_thread(self._transport.close, timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        await self.close()
