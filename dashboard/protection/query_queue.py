"""Turns at ClickHouse: few queries at once, a bounded queue before them, and a bounded wait in it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from dashboard.errors import Overloaded

WAITING_AT_MOST: Final = 400
WAIT_SECONDS: Final = 10.0

T = TypeVar("T")


class Turns:
    """Slots for queries. Whoever finds the queue full, or waits too long in it, is sent away."""

    def __init__(
        self, at_once: int, *, waiting_at_most: int = WAITING_AT_MOST, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._waiting_at_most = waiting_at_most
        self._wait_seconds = wait_seconds
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold a slot; raises Overloaded when there is none in time."""
        if self._waiting >= self._waiting_at_most:
            raise Overloaded("too many questions wait for ClickHouse; ask again in a few seconds")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._slots.acquire()
        except TimeoutError:
            raise Overloaded("ClickHouse was busy for too long; ask again in a few seconds") from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._slots.release()


async def all_of(*questions: Awaitable[T]) -> list[T]:
    """Return all answers in order; when one question fails or nobody waits any more, cancel the others."""
    tasks = [asyncio.ensure_future(question) for question in questions]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
