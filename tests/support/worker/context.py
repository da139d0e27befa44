"""The context of a partition owner without servers: default settings and a source in memory."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.conversations.rules import EscalationActions, FoldRules
from stream_processors.kafka.records import Record
from stream_processors.partitions.context import TrackedSemaphore, WorkerContext
from stream_processors.partitions.protocol.io import PrepareRequest
from stream_processors.partitions.range_log import RangeLog
from stream_processors.partitions.ranges import Proof
from stream_processors.settings import WorkerSettings
from stream_processors.state.cache import State
from tests.support.kafka.in_memory_source import InMemorySource

# Nothing listens on port 1: connections are refused at once.
UNREACHABLE_URL: Final = "http://nobody:@127.0.0.1:1/none"

RULES: Final = FoldRules(1_800_000, EscalationActions())


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


async def change_nothing(
    records: Sequence[Record], state: State, request: PrepareRequest
) -> tuple[list[Segment], tuple[Proof, ...]]:
    """Prepare no rows."""
    return [], ()


def worker_context(feed: InMemorySource, clock: Callable[[], float], **settings: float) -> WorkerContext:
    """Return a context whose ClickHouse is unreachable."""
    clickhouse = ClickHouse(UNREACHABLE_URL, timeout_seconds=1, threads=1)
    return WorkerContext(
        settings=WorkerSettings.model_validate(settings),
        clickhouse=clickhouse,
        range_log=RangeLog(clickhouse, "agent-events", "worker"),
        source=feed,
        prepare=change_nothing,
        insert_slots=asyncio.Semaphore(1),
        flush_slots=TrackedSemaphore(2),
        clock=clock,
    )
