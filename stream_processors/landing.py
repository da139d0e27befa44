"""Landing: a range and its block are written to ClickHouse, at most one range of a partition at a time.

The range goes first, so that whoever takes the partition over knows that the block may have been written; the block
goes under the range's token, so that writing it again changes nothing. Writing the next range, or a confirmation when
none follows, says that this one has landed.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from stream_processors import metrics
from stream_processors.inbox import Block, Segment
from stream_processors.patience import persist
from stream_processors.positions import Range
from stream_processors.repair import prove
from stream_processors.tools import Tools

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Flush:
    """A range with its rows: as segments, and as the block that is sent, which is None when the range changes nothing.

    `is_replay` says that an owner before may have sent the same block.
    """

    range: Range
    segments: Sequence[Segment]
    block: Block | None
    is_replay: bool


class Landing:
    """What a partition's owner writes, under its claim. `latest` is the latest range that landed."""

    def __init__(self, partition: int, tools: Tools, on_end: Callable[[], None]) -> None:
        self._partition = partition
        self._log = tools.range_log
        self._tools = tools
        self._on_end = on_end
        self._task: asyncio.Task[None] | None = None
        self.owner_epoch = 0
        self.latest: Range | None = None

    def start(self, flush: Flush) -> None:
        """Begin to write a flush."""
        self._task = asyncio.create_task(self._land(flush))
        self._task.add_done_callback(lambda _: self._on_end())

    @property
    def is_writing(self) -> bool:
        """Whether a write is under way."""
        return self._task is not None and not self._task.done()

    def is_under_way(self) -> bool:
        """Tell whether a write is under way; raises what made the last one fail."""
        if self._task is None or not self._task.done():
            return self._task is not None
        task, self._task = self._task, None
        task.result()
        return False

    async def settle(self) -> None:
        """Wait until nothing is under way; raises what made it fail."""
        if self._task is not None:
            task, self._task = self._task, None
            with metrics.STEP_SECONDS.labels("wait").time():
                await task

    async def confirm(self) -> None:
        """Say that the latest range has landed."""
        if self.latest is not None and not self.latest.confirmed:
            confirmed = replace(self.latest, confirmed=True)
            await persist("confirm", lambda: self._log.write(confirmed, self.owner_epoch), self._partition)
            self.latest = confirmed

    async def abandon(self) -> None:
        """Wait no more for what is under way; the fence and the token make it harmless if it lands yet."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    async def _land(self, flush: Flush) -> None:
        async with self._tools.insert_slots:
            with metrics.STEP_SECONDS.labels("insert").time():
                await persist("log the range", lambda: self._log.write(flush.range, self.owner_epoch), self._partition)
                if flush.block is not None:
                    await self._insert(flush, flush.block)
        self.latest = flush.range
        self._tools.feed.note_landed(self._partition, flush.range.last + 1)

    async def _insert(self, flush: Flush, block: Block) -> None:
        clickhouse, tries = self._tools.clickhouse, 0

        async def insert() -> None:
            nonlocal tries
            tries += 1
            await clickhouse.insert_block("inbox", block.columns, block.data, flush.range.token)

        await persist("insert", insert, self._partition)
        if flush.is_replay or tries > 1:
            await persist("prove", lambda: self._prove(flush), self._partition)

    async def _prove(self, flush: Flush) -> None:
        added = await prove(self._tools.clickhouse, flush.range, flush.segments, self._tools.settings.fold_rules)
        if added:
            metrics.REPAIRED_ROWS.inc(added)
            logger.warning("partition %d: %d rows that the engine had lost were added again", self._partition, added)
