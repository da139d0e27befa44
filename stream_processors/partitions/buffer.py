"""Buffer the polls of a partition until a row or age limit is reached.

The buffer also checks the order of offsets. A poll that begins below the expected offset shows that the log is a
different one; a poll that was in flight during a seek is skipped.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from stream_processors.errors import LogChanged
from stream_processors.kafka.records import Record
from stream_processors.kafka.source import PartitionSource, Poll
from stream_processors.settings import WorkerSettings

# A flush of this many rows costs little more per event than the largest; a catch-up starts with one.
EARLY_ROWS: Final = 5_000


class PollBuffer:
    """The polls of one partition that are not in a flush yet."""

    def __init__(self, partition: int, source: PartitionSource, max_bytes: int, clock: Callable[[], float]) -> None:
        self._partition = partition
        self._source = source
        self._max_bytes = max_bytes
        self._clock = clock
        self._polls: deque[Poll] = deque()
        self._seeks = 0
        self._paused = False
        self._may_repeat = False
        self._bytes = 0
        self.wake = asyncio.Event()  # set when there may be something to do
        self.oldest_at = 0.0
        self.rows = 0
        self.next_offset = 0

    async def begin(self, offset: int) -> None:
        """Drop everything and read from an offset."""
        self._polls.clear()
        self._bytes = self.rows = 0
        self._paused = self._may_repeat = False
        self.next_offset = offset
        self._seeks = await self._source.seek_to(self._partition, offset)

    def add(self, poll: Poll) -> None:
        """Add a poll; pause the partition when the buffer is over its limit."""
        if not self._polls:
            self.oldest_at = self._clock()
        self._polls.append(poll)
        self._bytes += poll.bytes
        self.rows += len(poll.records)
        self.wake.set()
        if self._bytes > self._max_bytes and not self._paused:
            self._paused = True
            self._source.pause(self._partition)

    @property
    def age(self) -> float:
        """How long polls have waited since the last were taken, in seconds."""
        return self._clock() - self.oldest_at if self._polls else 0.0

    def should_flush(self, settings: WorkerSettings, *, is_writing: bool, is_idle: bool) -> bool:
        """Tell whether the row or age limit is reached; fewer rows are enough while the worker is idle.

        While the partition's last flush is written, only a full one is prepared.
        """
        if self.rows >= settings.flush_max_rows or self._paused:
            return True
        if not self.rows or is_writing:
            return False
        return self.age >= settings.flush_max_age_seconds or (is_idle and self.rows >= EARLY_ROWS)

    async def take(self, max_rows: int, last: int | None = None) -> Sequence[Record]:
        """Return buffered records, about `max_rows` of them or up to the offset `last`; empty when none fit.

        Raises LogChanged when offsets go back.
        """
        taken: list[Record] = []
        while self._polls and len(taken) < max_rows and (last is None or self.next_offset <= last):
            poll = self._polls.popleft()
            self._bytes -= poll.bytes
            self.rows -= len(poll.records)
            if await self._is_stale(poll):
                continue
            poll = self._without_repeats(poll)
            if not poll.records:
                continue
            records = poll.records if last is None else self._split_at(poll, last)
            taken.extend(records)
            # Without records the whole poll is after `last`, which then does not exist.
            self.next_offset = records[-1].offset + 1 if records else poll.first
        self._resume_if_drained()
        return taken

    async def _is_stale(self, poll: Poll) -> bool:
        is_current = poll.seeks == self._seeks
        if poll.first == self.next_offset or (is_current and (poll.first > self.next_offset or self._may_repeat)):
            # A poll from before the seek may fit by chance; the consumer then reads its records again.
            self._may_repeat = self._may_repeat or not is_current
            return False
        if is_current:
            raise LogChanged(f"offset {poll.first} came where {self.next_offset} was next")
        await self.begin(self.next_offset)
        return True

    def _without_repeats(self, poll: Poll) -> Poll:
        if not self._may_repeat or poll.seeks != self._seeks:
            return poll
        self._may_repeat = poll.records[-1].offset < self.next_offset
        fresh = [record for record in poll.records if record.offset >= self.next_offset]
        return Poll.of(poll.partition, fresh, poll.seeks)

    def _split_at(self, poll: Poll, last: int) -> Sequence[Record]:
        """Return a poll's records up to an offset and put the rest back."""
        if poll.records[-1].offset <= last:
            return poll.records
        kept = [record for record in poll.records if record.offset <= last]
        rest = Poll.of(poll.partition, poll.records[len(kept) :], poll.seeks)
        self._polls.appendleft(rest)
        self._bytes += rest.bytes
        self.rows += len(rest.records)
        return kept

    def _resume_if_drained(self) -> None:
        self.oldest_at = self._clock()
        if self._paused and self._bytes < self._max_bytes / 2:
            self._paused = False
            self._source.resume(self._partition)
