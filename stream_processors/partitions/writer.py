"""Landing: what the range protocol does and asks in ClickHouse, and the one range of a partition that is under way.

The range goes first, so that whoever takes the partition over knows that the block may have been written; the block
goes under the range's token, so that writing it again changes nothing. Writing the next range, or a confirmation when
none follows, says that this one has landed. When what happens is decided in `protocol/owner.py`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from stream_processors import metrics
from stream_processors.clickhouse.block import Block, Segment, segments_of
from stream_processors.clickhouse.schema_version import check_schema
from stream_processors.errors import ProcessorError
from stream_processors.partitions.context import WorkerContext
from stream_processors.partitions.protocol.commands import (
    AskWhatLanded,
    AskWhetherRemembered,
    AskWhetherSettled,
    AwaitEarlierWrites,
    Claim,
    Command,
    Compare,
    Insert,
    ReadLatest,
    Repair,
    Steps,
    WriteRange,
)
from stream_processors.partitions.range_log import Tenure
from stream_processors.partitions.ranges import Range
from stream_processors.partitions.reconcile import any_landed, repair_token, what_is_missing
from stream_processors.retries import retry_forever

Result = TypeVar("Result")
Execute = Callable[[Command[Any]], Awaitable[object]]

# A token is relied on for so many ranges: a quarter of the tables' windows, for a range has more than one row.
REMEMBERED_RANGES: Final = 25_000

# How long a block that passed the fence before our claim may take to reach the last table.
PASSING_SECONDS: Final = 2.0

# Tables that were restored from a backup, or copied by a migration, remember no token of before; one that was only
# altered counts as well.
SINCE_SQL: Final = (
    "SELECT count() AS ranges, min(written_at) > 1 + (SELECT max(metadata_modification_time) FROM system.tables"
    " WHERE database = currentDatabase() AND engine LIKE '%MergeTree') AS is_of_these_tables"
    " FROM ranges WHERE written_at >= (SELECT min(written_at) FROM ranges"
    " WHERE topic = {topic:String} AND partition = {partition:UInt32} AND log_epoch = {log_epoch:UInt64}"
    " AND first = {first:UInt64} AND last = {last:UInt64})"
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Content:
    """The rows of a flush as the block that is sent, which is None when there are none."""

    block: Block | None

    @property
    def segments(self) -> Sequence[Segment]:
        """The rows as segments; read from the block, for they take as much memory and are seldom needed."""
        return segments_of(self.block) if self.block else ()

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.block.rows if self.block else 0


class Landing:
    """What a partition's owner writes, under its claim."""

    def __init__(self, partition: int, tools: WorkerContext, on_end: Callable[[Range | None], None]) -> None:
        self._partition = partition
        self._log = tools.range_log
        self._tools = tools
        self._on_end = on_end
        self._task: asyncio.Task[Range] | None = None
        self._tenure: Tenure | None = None
        self.topic_id: UUID | None = None
        self._missing: Sequence[Segment] = ()
        self._has_slot = False

    def start(self, steps: Steps[Range], content: Content, has_slot: bool) -> None:
        """Begin to land some rows, step by step; a slot for a flush that they have is given back at the end."""
        self._has_slot = has_slot
        self._task = asyncio.create_task(self._land(steps, content))
        self._task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[Range]) -> None:
        self.lend_slot()
        self._on_end(None if task.cancelled() or task.exception() else task.result())

    def lend_slot(self) -> None:
        """Give the slot for a flush back, at the end or before it."""
        if self._has_slot:
            self._has_slot = False
            self._tools.flush_slots.release()

    @property
    def tenure(self) -> Tenure:
        """The claim under which to write."""
        if self._tenure is None:
            raise LookupError("the partition was not claimed")
        return self._tenure

    @property
    def is_writing(self) -> bool:
        """Whether a write is under way."""
        return self._task is not None and not self._task.done()

    def is_under_way(self) -> bool:
        """Tell whether a write is under way; raises what made the last one fail."""
        if self._task is not None and self._task.done():
            self._task.result()
        return self.is_writing

    async def settle(self) -> Range | None:
        """Wait until nothing is under way; return what has landed since the last time, or raise what made it fail."""
        task, self._task = self._task, None
        if task is None:
            return None
        with metrics.STEP_SECONDS.labels("wait").time():
            return await task

    async def abandon(self) -> None:
        """Wait no more for what is under way; the fence and the token make it harmless if it lands yet."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    async def execute(self, command: Command[Any]) -> object:
        """Carry out a command that concerns claims and ranges; return its answer."""
        log, number = self._log, self._partition
        match command:
            case Claim():
                return await self._claim()
            case AskWhetherSettled():
                call = partial(log.unsettled, self.tenure)
                return not await retry_forever("look for flushes of another layout", call, number)
            case ReadLatest():
                return await retry_forever("read the range log", lambda: log.latest(number), number)
            case WriteRange(written):
                what = "confirm" if written.confirmed else "log the range"
                return await self._tries(what, lambda: log.write(written, self.tenure.owner_epoch), written)
            case AskWhetherRemembered(known):
                return await retry_forever("count the ranges since", lambda: self._is_remembered(known), number)
            case AwaitEarlierWrites():
                await asyncio.sleep(PASSING_SECONDS)
                return None
            case AskWhatLanded(known):
                await asyncio.sleep(PASSING_SECONDS)
                return await retry_forever(
                    "look for a flush", lambda: any_landed(self._tools.clickhouse, known), number
                )
            case Compare(known):
                return await self._compare(known, None)
            case Repair(known):
                await self._repair(known)
                return None
            case _:
                raise TypeError(f"{command} is not known")

    async def _land(self, steps: Steps[Range], content: Content) -> Range:
        with metrics.STEP_SECONDS.labels("insert").time():
            landed = await perform(steps, partial(self._write, content))
        self._tools.feed.mark_written(self._partition, landed.last + 1)
        return landed

    async def _write(self, content: Content, command: Command[Any]) -> object:
        """Carry out a command that lands some rows."""
        match command, content.block:
            case Insert(written), Block(columns, data):
                clickhouse = self._tools.clickhouse
                call = partial(clickhouse.insert_block, "inbox", columns, data, written.token)
                return await self._tries("insert", call, written)
            case Compare(written), _:
                return await self._compare(written, content.segments)
            case _:
                return await self.execute(command)

    async def _claim(self) -> int:
        await self.abandon()
        await retry_forever("check the schema", partial(check_schema, self._tools.clickhouse), self._partition)
        topic = await retry_forever("ask for the topic", self._tools.feed.describe, self._partition)
        call = partial(self._log.claim, self._partition, topic.partitions)
        self._tenure, self.topic_id = await retry_forever("claim", call, self._partition), topic.topic_id
        return self._tenure.partitions

    async def _compare(self, known: Range, segments: Sequence[Segment] | None) -> int:
        """Find the rows of a range that are missing; return how many there are."""
        clickhouse, rules = self._tools.clickhouse, self._tools.settings.fold_rules
        call = partial(what_is_missing, clickhouse, known, segments, rules)
        self._missing = await retry_forever("compare the tables", call, self._partition)
        return sum(segment.length for segment in self._missing)

    async def _repair(self, known: Range) -> None:
        """Insert what was found missing: the same bytes under one token, until that is answered."""
        block, token = self.tenure.block(self._missing, known.log_epoch), repair_token(self.tenure)
        insert = partial(self._tools.clickhouse.insert_block, "inbox", block.columns, block.data, token)
        await retry_forever("repair", insert, self._partition, f"the offsets {known.first} to {known.last}")
        metrics.REPAIRED_ROWS.inc(block.rows)
        logger.warning("partition %d: %d rows that the engine had lost were added again", self._partition, block.rows)

    async def _is_remembered(self, known: Range) -> bool:
        rows = await self._tools.clickhouse.rows(SINCE_SQL, {**known.log, **known.offsets})
        return bool(rows[0]["is_of_these_tables"] and rows[0]["ranges"] < REMEMBERED_RANGES)

    async def _tries(self, what: str, call: Callable[[], Awaitable[None]], written: Range) -> int:
        """Make a call until it succeeds; return how often it was made. Between two tries others may insert."""
        tries = 0

        async def attempt() -> None:
            nonlocal tries
            async with self._tools.insert_slots:
                tries += 1
                await call()

        await retry_forever(what, attempt, self._partition, f"the offsets {written.first} to {written.last}")
        return tries


async def perform(steps: Steps[Result], execute: Execute) -> Result:
    """Take steps to their result: carry out each command, and hand in its answer or the error that says who acts."""
    answer: object = None
    error: ProcessorError | None = None
    while True:
        try:
            command = steps.send(answer) if error is None else steps.throw(error)
        except StopIteration as end:
            result: Result = end.value
            return result
        try:
            answer, error = await execute(command), None
        except ProcessorError as refusal:
            answer, error = None, refusal
