"""Read a partition: buffer polls until they are worth a flush, read up to an offset, check that the log is the same.

Reading stops when the partition is released.
"""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from stream_processors.blocked import reason_of
from stream_processors.errors import LogChanged
from stream_processors.kafka.records import Record
from stream_processors.partitions.buffer import PollBuffer
from stream_processors.partitions.context import WorkerContext
from stream_processors.partitions.protocol.io import NoBatch
from stream_processors.partitions.starvation import Starvation
from stream_processors.partitions.writer import FlushWriter
from stream_processors.retries import retry_forever

# A range is confirmed when nothing has followed it for this long.
IDLE_SECONDS: Final = 0.5

# How long a log that seems to end too early may take to bring more.
TRUNCATION_SECONDS: Final = 5.0

# After this long without a record that must exist, the log's bounds are read again.
SILENCE_SECONDS: Final = 30.0

# How often an idle partition asks Kafka whether its topic was created again, and how far the log reaches.
CHECK_SECONDS: Final = 5.0


class PartitionReader:
    """The records of one partition as its owner reads them; `flush` is the write in flight beside the reading."""

    def __init__(self, context: WorkerContext, number: int, buffer_bytes: int, flush: FlushWriter) -> None:
        self._context: Final = context
        self._number: Final = number
        self._flush: Final = flush
        self.buffer: Final = PollBuffer(number, context.source, buffer_bytes, context.clock)
        self.starvation: Final = Starvation(context.clock)
        self.topic_id: UUID | None = None
        self.is_released = False
        self._checked_at = context.clock()
        self._log_end = 0

    def release(self) -> None:
        """Stop reading."""
        self.is_released = True
        self.buffer.wake.set()

    @property
    def lag(self) -> int:
        """How many committed records wait in Kafka after those that were taken."""
        known = self._log_end - self._read_to  # the polls say nothing about a partition that is never fetched
        return max(known, self._context.source.lag(self._number, self._read_to))

    @property
    def _read_to(self) -> int:
        return self._context.source.read_to(self._number, self.buffer.next_offset)

    async def begin(self, offset: int) -> None:
        """Read from an offset."""
        await retry_forever("set the position", lambda: self.buffer.begin(offset), self._number)

    async def log_bounds(self) -> tuple[int, int]:
        """Return the log's first offset and the one after its last."""
        call = self._context.source.bounds
        start, self._log_end = await retry_forever("read the log's bounds", lambda: call(self._number), self._number)
        return start, self._log_end

    async def check_topic(self) -> None:
        """Raise LogChanged when the topic is not the one that existed at the claim."""
        topic = await retry_forever("describe the topic", self._context.source.describe, self._number)
        self._checked_at = self._context.clock()
        if topic.topic_id != self.topic_id:
            raise LogChanged("the topic was created again")

    async def gather(self) -> Sequence[Record] | NoBatch:
        """Return records that are worth a flush, or why there are none; raises what made the last write fail."""
        settings, buffer = self._context.settings, self.buffer
        while not self.is_released:
            self._flush.raise_failure()
            is_writing, is_idle = self._flush.is_writing, self._context.flush_slots.is_idle
            is_blocked = reason_of(self._number) is not None
            if not is_blocked and buffer.should_flush(settings, is_writing=is_writing, is_idle=is_idle):
                if records := await buffer.take(settings.flush_max_rows):
                    return records
            elif buffer.rows and not is_writing:
                await self._sleep(settings.flush_max_age_seconds - buffer.age)
            elif not await self._sleep(IDLE_SECONDS) and not is_writing and not buffer.rows:
                if self._is_check_due:
                    await self.check_topic()
                    await self.log_bounds()
                return NoBatch.IDLE
        return NoBatch.RELEASED

    async def read_up_to(self, last: int, log_may_be_truncated: bool) -> Sequence[Record] | NoBatch:
        """Return all records up to an offset; IDLE when the log has none there.

        A log that may be truncated has to bring more within `TRUNCATION_SECONDS` each time, else it has none.
        """
        records: list[Record] = []
        clock = self._context.clock
        progressed_at = clock()
        while not self.is_released:
            taken = await self.buffer.take(self._context.settings.flush_max_rows, last)
            records.extend(taken)
            if self._read_to > last:  # without the last record where Kafka no longer has it, or never committed it
                return records or NoBatch.IDLE
            progressed_at = clock() if taken else progressed_at
            waited = clock() - progressed_at
            if log_may_be_truncated and waited > TRUNCATION_SECONDS:
                return NoBatch.IDLE
            if waited > CHECK_SECONDS and self._is_check_due:
                await self.check_topic()
            if waited > SILENCE_SECONDS:
                self.starvation.add_silence(SILENCE_SECONDS)
                raise LogChanged(f"no record up to {last} has come for {SILENCE_SECONDS} seconds")
            await self._sleep(IDLE_SECONDS)
        return NoBatch.RELEASED

    @property
    def _is_check_due(self) -> bool:
        return self._context.clock() - self._checked_at > CHECK_SECONDS

    async def _sleep(self, seconds: float) -> bool:
        """Wait until there may be something to do; tell whether that was before the time was over."""
        wake = self.buffer.wake
        try:
            await asyncio.wait_for(wake.wait(), max(0.001, seconds))
        except TimeoutError:
            return False
        wake.clear()
        return True
