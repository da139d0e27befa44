"""What all partitions of a worker share."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.kafka.records import Record
from stream_processors.kafka.source import PartitionSource
from stream_processors.partitions.protocol.commands import Prepare
from stream_processors.partitions.range_log import RangeLog
from stream_processors.partitions.ranges import Proof
from stream_processors.partitions.slots import TrackedSemaphore
from stream_processors.settings import WorkerSettings
from stream_processors.state.cache import State

PrepareRows = Callable[[Sequence[Record], State, Prepare], Awaitable[tuple[list[Segment], tuple[Proof, ...]]]]


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """Settings, clients, the steps, and the places for which inserts, and flushes in memory, wait for each other."""

    settings: WorkerSettings
    clickhouse: ClickHouse
    range_log: RangeLog
    feed: PartitionSource
    prepare: PrepareRows
    insert_slots: asyncio.Semaphore
    flush_slots: TrackedSemaphore
    clock: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time
