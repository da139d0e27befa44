"""Limit the concurrent queries and the quota of each user; chDB has one user only and cannot.

Each user has its own threads, so that one user's queries never wait for another's. Queries wait for a free thread for a
limited time. Beyond the limit they are refused with ClickHouse's own error.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Final

from deploy.embedded.clickhouse.access.users import User
from deploy.embedded.errors import QUOTA_EXCEEDED, TOO_MANY_SIMULTANEOUS_QUERIES, ClickHouseError

# Seconds that a query waits for a thread, by whether its user only reads. A writer should wait rather than fail.
WAIT_SECONDS: Final = {False: 60.0, True: 5.0}

_MAX_THREADS: Final = 32
_UNLIMITED: Final = 2**63


class Capacity:
    """The threads and the quota of one user."""

    def __init__(self, user: User, clock: Callable[[], float] = time.monotonic) -> None:
        self._user = user
        self._clock = clock
        self._most = user.limit("max_concurrent_queries_for_user", _MAX_THREADS)
        # No query uses more than max_memory_usage, so this many stay within the memory of the user.
        by_memory = user.limit("max_memory_usage_for_user", _UNLIMITED) // user.limit("max_memory_usage", 1)
        threads = max(1, min(self._most, _MAX_THREADS, by_memory))
        self._turns = asyncio.Semaphore(threads)
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix=f"query-{user.name}")
        self._present = 0
        self._interval_ends = 0.0
        self._queries = 0
        self._seconds = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Executor]:
        """Wait for a thread and lend it; raise ClickHouseError for too many queries, or when the quota is used up."""
        self._count()
        if self._present >= self._most:
            raise self._too_many()
        self._present += 1
        try:
            await self._acquire()
            began = self._clock()
            try:
                yield self.threads
            finally:
                self._seconds += self._clock() - began
                self._turns.release()
        finally:
            self._present -= 1

    async def _acquire(self) -> None:
        try:
            await asyncio.wait_for(self._turns.acquire(), WAIT_SECONDS[self._user.is_read_only])
        except TimeoutError as error:
            raise self._too_many() from error

    def _too_many(self) -> ClickHouseError:
        text = f"Too many simultaneous queries for user {self._user.name}. Maximum: {self._most}"
        return ClickHouseError(f"{text}. (TOO_MANY_SIMULTANEOUS_QUERIES)", TOO_MANY_SIMULTANEOUS_QUERIES)

    def _count(self) -> None:
        now = self._clock()
        if now >= self._interval_ends:
            self._interval_ends = now + self._user.quota.get("duration", 3600)
            self._queries, self._seconds = 0, 0.0
        self._queries += 1
        used = {"queries": float(self._queries), "execution_time": self._seconds}
        for name, value in used.items():
            most = self._user.quota.get(name, _UNLIMITED)
            if value > most:
                text = f"Quota for user `{self._user.name}` has been exceeded: {name} = {value:.0f}/{most}"
                raise ClickHouseError(f"{text}. (QUOTA_EXCEEDED)", QUOTA_EXCEEDED)
