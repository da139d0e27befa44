"""A partition and its owner: from claim to release.

The life of a flush: polls gather until they are worth one; the steps make a block of them (`prepare`); the range is
written to the range log, then the block to the inbox (`landing.py`), while the next polls are gathered and prepared.
At most one range is under way. When nothing more comes, a confirmation is written. A write that the fence refuses ends
the ownership: the state is forgotten and, if Kafka says that the partition is still ours, claimed and loaded anew.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import Final

from stream_processors import metrics
from stream_processors.errors import FoldVersionMismatch, LogChanged, MaintenanceUnderWay, StaleOwner
from stream_processors.feed import Poll
from stream_processors.gathering import Gathering
from stream_processors.inbox import Block, Segment, build_block
from stream_processors.landing import Flush, Landing
from stream_processors.patience import persist
from stream_processors.positions import Fingerprint, LogPosition, Range, Start, restart, resume_broken, start_of
from stream_processors.records import Record
from stream_processors.repair import landed_part
from stream_processors.state import State, load_state
from stream_processors.tools import Tools

IDLE_SECONDS: Final = 0.5
"""A range is confirmed when nothing has followed it for so long."""

DOUBT_SECONDS: Final = 5.0
"""How long a log that claims to end too early may take to prove the contrary."""

logger = logging.getLogger(__name__)


class Partition:
    """One partition of the topic while this worker owns it."""

    def __init__(self, number: int, tools: Tools) -> None:
        self.number = number
        self._tools = tools
        self._rules = tools.settings.fold_rules
        self._gathering = Gathering(number, tools.feed, tools.settings.buffer_max_bytes, tools.clock)
        self._landing = Landing(number, tools, self._gathering.wake.set)
        self._released = asyncio.Event()
        self._log_epoch = 0
        self.is_settled = False
        self._read_at = tools.clock()

    def deliver(self, poll: Poll) -> None:
        """Take a poll of the partition."""
        self._read_at = self._tools.clock()
        self._gathering.add(poll)

    def release(self) -> None:
        """Ask the partition to end: what is under way lands and is confirmed, what was only gathered is left."""
        self._released.set()
        self._gathering.wake.set()

    @property
    def lag(self) -> int:
        """How many records wait in Kafka behind what was taken."""
        return self._tools.feed.lag(self.number, self._gathering.next_offset)

    @property
    def starved_seconds(self) -> float:
        """For how long records have waited in Kafka without one being read, although nothing hinders it."""
        if not self.is_settled or self._gathering.rows or self._landing.is_writing or self.lag == 0:
            return 0.0
        return self._tools.clock() - self._read_at

    async def run(self) -> None:
        """Own the partition until it is released; raises FoldVersionMismatch when its facts are another fold's."""
        while not self._released.is_set():
            try:
                start = await self._take_over()
                await self._work(start)
            except MaintenanceUnderWay as error:
                logger.info("partition %d waits: %s", self.number, error)
                await asyncio.sleep(1)
            except LogChanged as error:
                logger.warning("partition %d: %s; reading the range log again", self.number, error)
            except StaleOwner:
                metrics.STALE.inc()
                if not await self._tools.feed.is_member(self.number):
                    logger.warning("partition %d went to another worker", self.number)
                    self.is_settled = False
                    return
                logger.warning("partition %d: another worker had claimed it; claiming it again", self.number)
            finally:
                await self._landing.abandon()

    async def _take_over(self) -> Start:
        log, number = self._tools.range_log, self.number
        self._landing.owner_epoch = await persist("claim", lambda: log.claim(number), number)
        latest = await persist("read the range log", lambda: log.latest(number), number)
        if latest and latest.fold_version != self._rules.version:
            raise FoldVersionMismatch(
                f"the facts of partition {number} were written by fold {latest.fold_version}, this worker's is"
                f" {self._rules.version}: stop all workers, run `python -m stream_processors rebuild`"
            )
        log_start, log_end = await persist("ask for the log's bounds", self._bounds, number)
        self._landing.latest = latest if latest and latest.confirmed else None
        start = start_of(latest, log_start, log_end)
        if (broken := start.broken) is None:
            return start
        call = partial(landed_part, self._tools.clickhouse, broken, self._rules)
        return resume_broken(broken, log_start, await persist("look for a flush", call, number))

    async def _work(self, start: Start) -> None:
        state = await self._begin(start)
        known = start.replay or start.verify
        if known is not None:
            records = await self._read_up_to(known, start.is_doubtful)
            if records is None:
                state = await self._begin(await self._new_log(known))
            elif start.replay and records:
                await self._flush(records, state, is_replay=True)
        while (records := await self._gather()) is not None:
            if records:
                await self._flush(records, state)
        await self._landing.settle()
        await self._landing.confirm()

    async def _begin(self, start: Start) -> State:
        self._log_epoch = start.log_epoch
        if start.lost:
            metrics.LOST_RECORDS.inc(start.lost)
            logger.error("partition %d: Kafka removed %d records before they were read", self.number, start.lost)
        await persist("set the position", lambda: self._gathering.begin(start.offset), self.number)
        state = await persist("load the known conversations", self._load_state, self.number)
        self.is_settled = True
        self._read_at = self._tools.clock()
        return state

    async def _load_state(self) -> State:
        settings, feed = self._tools.settings, self._tools.feed
        return await load_state(
            self._tools.clickhouse,
            self.number,
            feed.partitions(),
            self._rules,
            settings.state_cache_bytes,
        )

    async def _read_up_to(self, known: Range, is_doubtful: bool) -> Sequence[Record] | None:
        """Return the records up to the end of a known range; None when the log proves to be another one.

        A log that claims to end before has to bring more within `DOUBT_SECONDS` each time, else it is another one.
        """
        records: list[Record] = []
        clock = self._tools.clock
        progressed_at = clock()
        while not self._released.is_set():
            try:
                taken = await self._gathering.take(self._tools.settings.flush_max_rows, known.last)
            except LogChanged:
                if is_doubtful:
                    return None
                raise
            records.extend(taken)
            if self._gathering.next_offset > known.last:
                return records if records and is_last_of(known, records[-1]) else None
            progressed_at = clock() if taken else progressed_at
            if is_doubtful and clock() - progressed_at > DOUBT_SECONDS:
                return None
            await self._sleep(IDLE_SECONDS)
        return []

    async def _new_log(self, known: Range) -> Start:
        metrics.LOG_EPOCHS.inc()
        self._landing.latest = None
        log_start, _ = await persist("ask for the log's bounds", self._bounds, self.number)
        start = restart(known, log_start)
        logger.warning("partition %d has another log: epoch %d begins", self.number, start.log_epoch)
        return start

    async def _bounds(self) -> tuple[int, int]:
        return await self._tools.feed.bounds(self.number)

    async def _gather(self) -> Sequence[Record] | None:
        """Return records that are worth a flush; None when the partition was released."""
        settings, gathering = self._tools.settings, self._gathering
        while not self._released.is_set():
            is_landing = self._landing.is_under_way()
            if gathering.rows >= settings.flush_max_rows:
                return await gathering.take(settings.flush_max_rows)
            if gathering.rows and gathering.age >= settings.flush_max_age_seconds and not is_landing:
                return await gathering.take(settings.flush_max_rows)
            if gathering.rows and not is_landing:
                await self._sleep(settings.flush_max_age_seconds - gathering.age)
            elif not await self._sleep(IDLE_SECONDS) and not is_landing and not gathering.rows:
                await self._landing.confirm()
        return None

    async def _sleep(self, seconds: float) -> bool:
        """Wait until there may be something to do; tell whether that was before the time was over."""
        wake = self._gathering.wake
        try:
            await asyncio.wait_for(wake.wait(), max(0.001, seconds))
        except TimeoutError:
            return False
        wake.clear()
        return True

    async def _flush(self, records: Sequence[Record], state: State, *, is_replay: bool = False) -> None:
        tools, first, last = self._tools, records[0], records[-1]
        if state.is_full:
            await self._landing.settle()
            state.shrink()
        position = LogPosition(tools.settings.kafka_topic, self.number, self._log_epoch, first.offset)
        segments = await tools.prepare(records, state, position)
        block = self._block(segments) if segments else None
        rows = block.rows if block else 0
        metrics.FLUSH_ROWS.observe(rows)
        written = Range(*position, last.offset, rows, self._rules.version, last_record=fingerprint(last))
        await self._landing.settle()
        self._landing.start(Flush(written, segments, block, is_replay))
        self._observe(state, last)

    def _block(self, segments: Sequence[Segment]) -> Block:
        with metrics.STEP_SECONDS.labels("columns").time():
            return build_block(
                segments,
                {
                    "topic": self._tools.settings.kafka_topic,
                    "partition": self.number,
                    "log_epoch": self._log_epoch,
                    "owner_epoch": self._landing.owner_epoch,
                    "owner_id": self._tools.range_log.owner_id,
                },
            )

    def _observe(self, state: State, last: Record) -> None:
        metrics.LAG_RECORDS.labels(self.number).set(self.lag)
        metrics.LAG_SECONDS.labels(self.number).set(max(0.0, time.time() - (last.timestamp or 0) / 1000))
        metrics.CONVERSATIONS_CACHED.labels(self.number).set(len(state))
        metrics.CACHE_BYTES.labels(self.number).set(state.bytes)


def is_last_of(known: Range, record: Record) -> bool:
    """Tell whether a record is the one that ended a range."""
    return record.offset == known.last and fingerprint(record) == known.last_record


def fingerprint(record: Record) -> Fingerprint:
    """Return what tells a record from another one at its offset."""
    digest = hashlib.blake2b(record.key or b"", digest_size=8)
    digest.update(record.value or b"")
    return Fingerprint(max(0, record.timestamp or 0), int.from_bytes(digest.digest(), "little"))
