"""What all partitions of a worker share: settings, clients, the steps of a flush, and limits on concurrent work."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.kafka.records import Record
from stream_processors.kafka.source import PartitionSource
from stream_processors.partitions.protocol.io import PrepareRequest
from stream_processors.partitions.range_log import RangeLog
from stream_processors.partitions.ranges import Proof
from stream_processors.settings import WorkerSettings
from stream_processors.state.cache import State

PrepareRows = Callable[[Sequence[Record], State, PrepareRequest], Awaitable[tuple[list[Segment], tuple[Proof, ...]]]]


class TrackedSemaphore:
    """A semaphore that tells whether it is idle."""

    def __init__(self, slots: int) -> None:
        self._free = asyncio.Semaphore(slots)
        self._taken = 0

    @property
    def is_idle(self) -> bool:
        """Whether no task has a slot or waits for one."""
        return self._taken == 0

    async def acquire(self) -> None:
        """Take a slot as soon as one is free."""
        self._taken += 1
        try:
            await self._free.acquire()
        except asyncio.CancelledError:
            self._taken -= 1
            raise

    def release(self) -> None:
        """Give a slot back."""
        self._taken -= 1
        self._free.release()


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """The shared objects of a worker; `insert_slots` and `flush_slots` limit concurrent inserts and flushes."""

    settings: WorkerSettings
    clickhouse: ClickHouse
    range_log: RangeLog
    source: PartitionSource
    prepare: PrepareRows
    insert_slots: asyncio.Semaphore
    flush_slots: TrackedSemaphore
    clock: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time
