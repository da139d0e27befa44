"""The queue of queries to ClickHouse: bounded concurrency, bounded length, bounded waiting time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from dashboard.errors import Overloaded

WAITING_AT_MOST: Final = 400
WAIT_SECONDS: Final = 10.0

T = TypeVar("T")


class QueryQueue:
    """Slots for queries; a query is rejected if the queue is full or it waits too long."""

    def __init__(
        self, at_once: int, *, waiting_at_most: int = WAITING_AT_MOST, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._waiting_at_most = waiting_at_most
        self._wait_seconds = wait_seconds
        self._waiting = 0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold a slot; raises Overloaded if none is free in time."""
        if self._waiting >= self._waiting_at_most:
            raise Overloaded("too many queries wait for ClickHouse; try again in a few seconds")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._slots.acquire()
        except TimeoutError:
            raise Overloaded("ClickHouse was busy for too long; try again in a few seconds") from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._slots.release()


async def all_of(*queries: Awaitable[T]) -> list[T]:
    """Return all results in order; if one query fails or the caller is cancelled, cancel the others."""
    tasks = [asyncio.ensure_future(query) for query in queries]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
