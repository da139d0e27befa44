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

from stream_processors import metrics
from stream_processors.errors import ProcessorError, StaleOwner
from stream_processors.inbox import Block, Segment
from stream_processors.patience import persist
from stream_processors.positions import Range
from stream_processors.protocol.commands import (
    AskWhatLanded,
    AskWhetherRemembered,
    Claim,
    Command,
    Insert,
    Prove,
    ReadLatest,
    Steps,
    WriteRange,
)
from stream_processors.repair import landed_part, prove
from stream_processors.tools import Tools

Result = TypeVar("Result")
Execute = Callable[[Command[Any]], Awaitable[object]]

REMEMBERED_RANGES: Final = 25_000
"""A token is relied on for so many ranges: a quarter of the tables' windows, for a range has more than one row."""

PASSING_SECONDS: Final = 2.0
"""How long a block that passed the fence before our claim may take to reach the last table."""

SINCE_SQL: Final = (
    "SELECT count() AS ranges FROM ranges WHERE written_at >= (SELECT min(written_at) FROM ranges"
    " WHERE topic = {topic:String} AND partition = {partition:UInt32} AND log_epoch = {log_epoch:UInt64}"
    " AND first = {first:UInt64} AND last = {last:UInt64})"
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Content:
    """The rows of a flush: as segments, and as the block that is sent, which is None when there are none."""

    segments: Sequence[Segment]
    block: Block | None

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.block.rows if self.block else 0


class Landing:
    """What a partition's owner writes, under its claim."""

    def __init__(self, partition: int, tools: Tools, on_end: Callable[[], None]) -> None:
        self._partition = partition
        self._log = tools.range_log
        self._tools = tools
        self._on_end = on_end
        self._task: asyncio.Task[Range] | None = None
        self.owner_epoch = 0

    def start(self, steps: Steps[Range], content: Content) -> None:
        """Begin to land some rows, step by step."""
        self._task = asyncio.create_task(self._land(steps, content))
        self._task.add_done_callback(lambda _: self._on_end())

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
                await self.abandon()
                self.owner_epoch = await persist("claim", lambda: log.claim(number), number)
                return None
            case ReadLatest():
                return await persist("read the range log", lambda: log.latest(number), number)
            case WriteRange(written):
                what = "confirm" if written.confirmed else "log the range"
                return await self._tries(what, lambda: log.write(written, self.owner_epoch))
            case AskWhetherRemembered(known):
                return await persist("count the ranges since", lambda: self._is_remembered(known), number)
            case AskWhatLanded(known):
                await asyncio.sleep(PASSING_SECONDS)
                return await persist("look for a flush", lambda: self._what_landed(known), number)
            case _:
                raise TypeError(f"{command} is not known")

    async def _land(self, steps: Steps[Range], content: Content) -> Range:
        async with self._tools.insert_slots:
            with metrics.STEP_SECONDS.labels("insert").time():
                landed = await perform(steps, partial(self._write, content))
        self._tools.feed.note_landed(self._partition, landed.last + 1)
        return landed

    async def _write(self, content: Content, command: Command[Any]) -> object:
        """Carry out a command that lands some rows."""
        match command, content.block:
            case Insert(written), Block(columns, data):
                clickhouse = self._tools.clickhouse
                return await self._tries(
                    "insert", lambda: clickhouse.insert_block("inbox", columns, data, written.token)
                )
            case Prove(written), _:
                return await persist("prove", lambda: self._prove(written, content.segments), self._partition)
            case _:
                return await self.execute(command)

    async def _what_landed(self, known: Range) -> bool:
        await self._check_claim()
        return await landed_part(self._tools.clickhouse, known, self._tools.settings.fold_rules)

    async def _check_claim(self) -> None:
        """Refuse a repair, which no fence stops, to whoever has not the latest claim."""
        if not await self._log.holds(self._partition, self.owner_epoch):
            raise StaleOwner("the partition has a later claim")

    async def _prove(self, written: Range, segments: Sequence[Segment]) -> None:
        await self._check_claim()
        added = await prove(self._tools.clickhouse, written, segments, self._tools.settings.fold_rules)
        if added:
            metrics.REPAIRED_ROWS.inc(added)
            logger.warning("partition %d: %d rows that the engine had lost were added again", self._partition, added)

    async def _is_remembered(self, known: Range) -> bool:
        rows = await self._tools.clickhouse.rows(SINCE_SQL, {**known.log, **known.offsets})
        return bool(rows[0]["ranges"] < REMEMBERED_RANGES)

    async def _tries(self, what: str, call: Callable[[], Awaitable[None]]) -> int:
        """Make a call until it succeeds; return how often it was made."""
        tries = 0

        async def attempt() -> None:
            nonlocal tries
            tries += 1
            await call()

        await persist(what, attempt, self._partition)
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
