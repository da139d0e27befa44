"""Landing: a range and its block are written to ClickHouse, at most one range of a partition at a time.

The range goes first, so that whoever takes the partition over knows that the block may have been written; the block
goes under the range's token, so that writing it again changes nothing. Writing the next range, or a confirmation when
none follows, says that this one has landed.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from stream_processors import metrics
from stream_processors.inbox import Block
from stream_processors.patience import persist
from stream_processors.positions import Range
from stream_processors.tools import Tools


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

    def start(self, written: Range, block: Block | None) -> None:
        """Begin to write a range and its block, which is None when the range changes nothing."""
        self._task = asyncio.create_task(self._land(written, block))
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

    async def _land(self, written: Range, block: Block | None) -> None:
        async with self._tools.insert_slots:
            with metrics.STEP_SECONDS.labels("insert").time():
                await persist("log the range", lambda: self._log.write(written, self.owner_epoch), self._partition)
                if block is not None:
                    await persist("insert", lambda: self._insert(block, written.token), self._partition)
        self.latest = written
        self._tools.feed.note_landed(self._partition, written.last + 1)

    async def _insert(self, block: Block, token: str) -> None:
        await self._tools.clickhouse.insert_block("inbox", block.columns, block.data, token)
