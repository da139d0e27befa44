"""Write ranges to ClickHouse under a claim, and the one write of a partition that is in flight.

`RangeWriter` is the writing half of `PartitionIO`; `protocol/ranges.py` decides the order of its calls.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from stream_processors import metrics
from stream_processors.clickhouse.block import Block, Segment, segments_of
from stream_processors.partitions.context import WorkerContext
from stream_processors.partitions.protocol import ranges
from stream_processors.partitions.protocol.io import Replay
from stream_processors.partitions.range_log import OwnerClaim
from stream_processors.partitions.ranges import Range
from stream_processors.partitions.reconcile import is_any_stored, repair_token, what_is_missing
from stream_processors.retries import retry_forever

# How many ranges a token is relied on for: a quarter of the tables' deduplication windows, because a range has several
# rows.
REMEMBERED_RANGES: Final = 25_000

# How long a block that passed the fence before our claim may take to reach the last table.
PASSING_SECONDS: Final = 2.0

# Tables that were restored from a backup, or copied by a migration, remember no earlier token. One that was only
# altered is treated the same way.
SINCE_SQL: Final = (
    "SELECT count() AS ranges, min(written_at) > 1 + (SELECT max(metadata_modification_time) FROM system.tables"
    " WHERE database = currentDatabase() AND engine LIKE '%MergeTree') AS is_of_these_tables"
    " FROM ranges WHERE written_at >= (SELECT min(written_at) FROM ranges"
    " WHERE topic = {topic:String} AND partition = {partition:UInt32} AND log_epoch = {log_epoch:UInt64}"
    " AND first = {first:UInt64} AND last = {last:UInt64})"
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PreparedFlush:
    """The rows of a flush as the block that is sent; None when there are none."""

    block: Block | None

    @property
    def segments(self) -> Sequence[Segment]:
        """The rows as segments, read from the block: they take as much memory and are rarely needed."""
        return segments_of(self.block) if self.block else ()

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.block.rows if self.block else 0


class RangeWriter:
    """Writes ranges of a partition under one claim: a `RangeIO`. `flush` has the rows of a range that was prepared."""

    def __init__(
        self, context: WorkerContext, number: int, claim: OwnerClaim | None = None, flush: PreparedFlush | None = None
    ) -> None:
        self.number = number
        self._context: Final = context
        self._claim = claim
        self._flush: Final = flush
        self._missing: Sequence[Segment] = ()

    @property
    def owner_claim(self) -> OwnerClaim:
        """The claim to write under; raises LookupError before the first one."""
        if self._claim is None:
            raise LookupError("the partition was not claimed")
        return self._claim

    async def read_latest_range(self) -> Range | None:
        """Return the latest range of the range log."""
        query = partial(self._context.range_log.latest, self.number)
        return await retry_forever("read the range log", query, self.number)

    async def write_range(self, written: Range) -> int:
        """Write a range, or its confirmation; return the number of attempts."""
        what = "confirm" if written.confirmed else "log the range"
        call = partial(self._context.range_log.write, written, self.owner_claim.owner_epoch)
        return await self._count_attempts(what, call, written)

    async def is_token_remembered(self, written: Range) -> bool:
        """Tell whether few enough ranges were written since, into the same tables."""
        query = partial(self._context.clickhouse.rows, SINCE_SQL, {**written.log, **written.offsets})
        (row,) = await retry_forever("count the ranges since", query, self.number)
        return bool(row["is_of_these_tables"] and row["ranges"] < REMEMBERED_RANGES)

    async def insert_block(self, written: Range) -> int:
        """Insert the block of the flush under the token of its range; return the number of attempts."""
        if self._flush is None or self._flush.block is None:
            raise LookupError("no block was prepared")
        block = self._flush.block
        call = partial(self._context.clickhouse.insert_block, "inbox", block.columns, block.data, written.token)
        return await self._count_attempts("insert", call, written)

    async def count_missing(self, written: Range) -> int:
        """Find the rows of a range that the tables lack; return how many there are."""
        segments = None if self._flush is None else self._flush.segments
        rules = self._context.settings.fold_rules
        call = partial(what_is_missing, self._context.clickhouse, written, segments, rules)
        self._missing = await retry_forever("compare the tables", call, self.number)
        return sum(segment.length for segment in self._missing)

    async def insert_missing(self, written: Range) -> None:
        """Insert the missing rows: the same bytes under one token until ClickHouse has answered."""
        block, token = self.owner_claim.block(self._missing, written.log_epoch), repair_token(self.owner_claim)
        insert = partial(self._context.clickhouse.insert_block, "inbox", block.columns, block.data, token)
        await retry_forever("insert missing rows", insert, self.number, _offsets_of(written))
        metrics.REPAIRED_ROWS.inc(block.rows)
        logger.warning("partition %d: %d rows that the engine had lost were inserted again", self.number, block.rows)

    async def await_earlier_writes(self) -> None:
        """Wait for as long as a block that passed the fence may take to reach the last table."""
        await asyncio.sleep(PASSING_SECONDS)

    async def is_partly_written(self, written: Range) -> bool:
        """Tell whether any record of a range is in the tables, after earlier writes have ended."""
        await self.await_earlier_writes()
        return await retry_forever(
            "look for a flush", partial(is_any_stored, self._context.clickhouse, written), self.number
        )

    async def _count_attempts(self, what: str, call: Callable[[], Awaitable[None]], written: Range) -> int:
        """Repeat a call until it succeeds; return the number of attempts. Others may insert between two attempts."""
        attempts = 0

        async def attempt() -> None:
            nonlocal attempts
            async with self._context.insert_slots:
                attempts += 1
                await call()

        await retry_forever(what, attempt, self.number, _offsets_of(written))
        return attempts


def _offsets_of(written: Range) -> str:
    return f"the offsets {written.first} to {written.last}"


class FlushWriter:
    """The write of a partition that is in flight, at most one; `on_end` gets the range that was written, or None."""

    def __init__(self, context: WorkerContext, number: int, on_end: Callable[[Range | None], None]) -> None:
        self._context: Final = context
        self._number: Final = number
        self._on_end: Final = on_end
        self._task: asyncio.Task[Range] | None = None
        self._has_slot = False

    def start(self, writer: RangeWriter, written: Range, replay: Replay | None, *, has_slot: bool) -> None:
        """Start to write a range; the flush slot that it has is released at the end."""
        self._has_slot = has_slot
        self._task = asyncio.create_task(self._write(writer, written, replay))
        self._task.add_done_callback(self._end)

    async def _write(self, writer: RangeWriter, written: Range, replay: Replay | None) -> Range:
        with metrics.STEP_SECONDS.labels("insert").time():
            written = await ranges.write(writer, written, replay)
        self._context.source.mark_written(self._number, written.last + 1)
        return written

    def _end(self, task: asyncio.Task[Range]) -> None:
        self.release_slot()
        self._on_end(None if task.cancelled() or task.exception() else task.result())

    def release_slot(self) -> None:
        """Release the flush slot, at the end or before it."""
        if self._has_slot:
            self._has_slot = False
            self._context.flush_slots.release()

    @property
    def is_writing(self) -> bool:
        """Whether a write is in flight."""
        return self._task is not None and not self._task.done()

    def raise_failure(self) -> None:
        """Raise what made the last write fail."""
        if self._task is not None and self._task.done():
            self._task.result()

    async def wait(self) -> Range | None:
        """Wait for the write in flight; return the range written since the last call, or raise what made it fail."""
        task, self._task = self._task, None
        if task is None:
            return None
        with metrics.STEP_SECONDS.labels("wait").time():
            return await task

    async def abandon(self) -> None:
        """Stop waiting for the write in flight; the fence and the token make it harmless if it still ends."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None
