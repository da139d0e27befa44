"""Which partitions this worker owns, and how a rebalance changes that."""

import asyncio
import logging
from collections.abc import Callable

from stream_processors import metrics
from stream_processors.kafka.source import Poll
from stream_processors.partitions.context import WorkerContext
from stream_processors.partitions.partition import Partition

logger = logging.getLogger(__name__)


class Ownership:
    """The partitions of one worker. `on_failure` gets the error that ended an owner unexpectedly."""

    def __init__(self, context: WorkerContext, on_failure: Callable[[BaseException], None]) -> None:
        self._context = context
        self._on_failure = on_failure
        self._partitions: dict[int, Partition] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._was_assigned = False

    @property
    def partitions(self) -> list[Partition]:
        """The partitions that are owned now."""
        return list(self._partitions.values())

    @property
    def is_settled(self) -> bool:
        """Whether a rebalance has ended and every owned partition knows where it starts."""
        return self._was_assigned and all(partition.is_settled for partition in self._partitions.values())

    def deliver(self, poll: Poll) -> None:
        """Deliver a poll to its partition; the new owner reads a partition that was revoked meanwhile."""
        if (partition := self._partitions.get(poll.partition)) is not None:
            partition.deliver(poll)

    async def assign(self, numbers: set[int]) -> None:
        """Own exactly these partitions from now on; each is acquired in a task of its own."""
        await self.release()
        logger.info("owning partitions %s", sorted(numbers))
        self._was_assigned = True
        for number in numbers:
            partition = self._partitions[number] = Partition(number, self._context, len(numbers))
            task = self._tasks[number] = asyncio.create_task(partition.run(), name=f"partition {number}")
            task.add_done_callback(self._note_end)

    async def release(self, deadline_seconds: float = 0) -> None:
        """Release all partitions; writes in flight may end until the deadline and are then abandoned."""
        deadline_seconds = deadline_seconds or self._context.settings.kafka_session_timeout_seconds / 3
        self._was_assigned = False
        tasks, numbers = set(self._tasks.values()), list(self._partitions)
        for partition in self._partitions.values():
            partition.release()
        self._partitions.clear()
        self._tasks.clear()
        if tasks:
            await self._end(tasks, deadline_seconds)
        for number in numbers:
            metrics.forget_partition(number)

    async def _end(self, tasks: set[asyncio.Task[None]], deadline_seconds: float) -> None:
        _, late = await asyncio.wait(tasks, timeout=deadline_seconds)
        for task in late:
            task.cancel()
        if late:
            logger.warning("%d partitions did not end their last flush in time; their next owner writes it", len(late))
            await asyncio.wait(late)

    def _note_end(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_failure(error)
