"""A partition and its owner: the range protocol, carried out.

`protocol/owner.py` says what to do and when. Here its commands meet the tools: polls gather until they are worth a
flush, the steps make a block of them, and `landing.py` writes it while the next polls are gathered and prepared.
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from stream_processors import metrics
from stream_processors.blocked import reason_of
from stream_processors.errors import LogChanged, MaintenanceUnderWay, StaleOwner
from stream_processors.kafka.records import Record, time_of_receipt
from stream_processors.kafka.source import Poll
from stream_processors.partitions.buffer import PollBuffer
from stream_processors.partitions.context import WorkerContext
from stream_processors.partitions.lag import Lag
from stream_processors.partitions.protocol.commands import (
    AskMembership,
    AskRelease,
    Begin,
    CheckLog,
    Command,
    Gather,
    Land,
    Lull,
    Prepare,
    Prepared,
    ReadBounds,
    ReadUpTo,
    Settle,
    Shrink,
    Wait,
)
from stream_processors.partitions.protocol.owner import Owner
from stream_processors.partitions.ranges import Batch, Fingerprint, Range, Start
from stream_processors.partitions.writer import Content, Landing, perform
from stream_processors.retries import retry_forever
from stream_processors.state.cache import State, load_state

# A range is confirmed when nothing has followed it for so long.
IDLE_SECONDS: Final = 0.5

# How long a log that claims to end too early may take to prove the contrary.
DOUBT_SECONDS: Final = 5.0

# After how long without a record that must be there the log's bounds are asked for again.
SILENCE_SECONDS: Final = 30.0

# How long a maintenance command, or another partition, is given before the next attempt to claim.
WAIT_SECONDS: Final = 1.0

# How often a partition that nothing comes of asks Kafka whether its topic was made again, and how far it reaches.
CHECK_SECONDS: Final = 5.0

logger = logging.getLogger(__name__)


class Partition:
    """One partition of the topic while this worker owns it."""

    def __init__(self, number: int, tools: WorkerContext, owned: int = 1) -> None:
        """Own a partition as one of so many; they share the worker's memory evenly."""
        self.number = number
        self._tools = tools
        self._rules = tools.settings.fold_rules
        self._gathering = PollBuffer(number, tools.feed, tools.settings.buffer_share(owned), tools.clock)
        self._cache_bytes = tools.settings.state_cache_bytes // owned
        self._landing = Landing(number, tools, self._note_landing_ended)
        self._has_flush_slot = False  # for what is being prepared; a landing has its own
        self._released = asyncio.Event()
        self._owner = Owner(tools.settings.kafka_topic, number, self._rules.version)
        self._state: State | None = None
        self._records: Sequence[Record] = ()
        self._content = Content(None)
        self.is_settled = False
        self._checked_at = tools.clock()
        self._starved_since: float | None = None
        self._silences = 0
        self._end = 0
        self._lag = Lag(tools.clock)
        self._newest_at = 0  # of the records that land, in milliseconds
        metrics.BLOCKED.labels(number).set(0)

    def deliver(self, poll: Poll) -> None:
        """Take a poll of the partition."""
        self._starved_since, self._silences = None, 0
        self._gathering.add(poll)

    def release(self) -> None:
        """Ask the partition to end: what is under way lands and is confirmed, what was only gathered is left."""
        self._released.set()
        self._gathering.wake.set()

    @property
    def lag(self) -> int:
        """How many committed records wait in Kafka behind what was taken."""
        known = self._end - self._read_to  # of a partition that is never fetched the polls know nothing
        return max(known, self._tools.feed.lag(self.number, self._read_to))

    @property
    def _read_to(self) -> int:
        return self._tools.feed.read_to(self.number, self._gathering.next_offset)

    @property
    def blocked(self) -> str | None:
        """Why the partition is blocked; None when it is not."""
        return reason_of(self.number)

    @property
    def waiting_seconds(self) -> float:
        """For how long records have waited without one landing."""
        return self._lag.waiting_seconds

    def look(self) -> None:
        """Notice what records wait for, and show it; called every so often."""
        self._look_for_starvation()
        if self.is_settled:
            gathering = self._gathering
            unlanded = max(self.lag, gathering.rows) + gathering.next_offset - self._lag.landed_below
            self._lag.look(is_waiting=unlanded > 0)
            metrics.LAG_RECORDS.labels(self.number).set(max(0, unlanded))
            metrics.LAG_SECONDS.labels(self.number).set(self._lag.seconds)
        if self.blocked:
            self._lend_slots()

    def _lend_slots(self) -> None:
        """Let other partitions flush while this one waits for a person."""
        self._landing.lend_slot()
        if self._has_flush_slot:
            self._has_flush_slot = False
            self._tools.flush_slots.release()

    def _look_for_starvation(self) -> None:
        """Notice whether records wait in Kafka and nothing hinders their being read."""
        is_hindered = not self.is_settled or self._gathering.rows > 0 or self._landing.is_writing
        if is_hindered or self.lag == 0:
            self._starved_since = None
        elif self._starved_since is None:
            self._starved_since = self._tools.clock()

    @property
    def starved_seconds(self) -> float:
        """For how long records have waited in Kafka without one being read, although nothing hindered it."""
        since = self._starved_since
        return 0.0 if since is None else self._tools.clock() - since + self._silences * SILENCE_SECONDS

    async def run(self) -> None:
        """Own the partition until it is released; raises FoldVersionMismatch when its facts are another fold's."""
        try:
            await perform(self._owner.own(), self._execute)
        finally:
            self.is_settled = False
            await self._landing.abandon()
            if self._has_flush_slot:
                self._tools.flush_slots.release()

    async def _execute(self, command: Command[Any]) -> object:
        try:
            return await self._answer(command)
        except (LogChanged, MaintenanceUnderWay, StaleOwner) as error:
            logger.warning("partition %d: %s", self.number, error)
            raise

    async def _answer(self, command: Command[Any]) -> object:
        """Carry a command out; return its answer."""
        match command:
            case Begin(start, partitions):
                await self._begin(start, partitions)
            case Gather():
                return await self._gather()
            case Prepare():
                return await self._prepare(command)
            case CheckLog():
                await self._check_log()
            case Land(written, replay):
                self._observe(self._records[-1], written)
                self._landing.start(self._owner.land(written, replay), self._content, self._has_flush_slot)
                self._has_flush_slot, self._content = False, Content(None)
            case Settle():
                return await self._landing.settle()
            case Shrink():
                self._known_state.evict()
            case ReadBounds():
                return await self._read_bounds()
            case ReadUpTo(last, log_may_be_truncated):
                return await self._read_up_to(last, log_may_be_truncated)
            case AskRelease():
                return self._released.is_set()
            case AskMembership():
                return await self._is_member()
            case Wait():
                await asyncio.sleep(WAIT_SECONDS)
            case _:
                return await self._landing.execute(command)
        return None

    async def _read_bounds(self) -> tuple[int, int]:
        start, self._end = await retry_forever(
            "ask for the log's bounds", lambda: self._tools.feed.bounds(self.number), self.number
        )
        return start, self._end

    async def _check_log(self) -> None:
        """Make sure that what was read is of the topic that was there at the claim."""
        topic = await retry_forever("ask for the topic", self._tools.feed.describe, self.number)
        self._checked_at = self._tools.clock()
        if topic.topic_id != self._landing.topic_id:
            raise LogChanged("the topic was made again")

    async def _begin(self, start: Start, partitions: int) -> None:
        if start.is_new_log:
            metrics.LOG_EPOCHS.inc()
            logger.warning("partition %d has another log: epoch %d begins", self.number, start.log_epoch)
        if start.lost:
            metrics.LOST_RECORDS.inc(start.lost)
            logger.error("partition %d: Kafka removed %d records before they were read", self.number, start.lost)
        await retry_forever("set the position", lambda: self._gathering.begin(start.offset), self.number)
        self._state = await retry_forever(
            "load the known conversations", partial(self._load_state, partitions), self.number
        )
        self._lag.begin(start.offset if start.verify is None else start.verify.last + 1)
        self.is_settled = True

    async def _is_member(self) -> bool:
        metrics.STALE.inc()
        is_member = await self._tools.feed.is_member(self.number)
        now = "claiming it again" if is_member else "it went to another worker"
        logger.warning("partition %d: %s", self.number, now)
        return is_member

    async def _load_state(self, partitions: int) -> State:
        return await load_state(self._tools.clickhouse, self.number, partitions, self._rules, self._cache_bytes)

    @property
    def _known_state(self) -> State:
        if self._state is None:
            raise LookupError("the partition has not begun")
        return self._state

    async def _read_up_to(self, last: int, log_may_be_truncated: bool) -> Batch | Lull:
        """Return the records up to an offset; IDLE when the log has none there.

        A log that claims to end before has to bring more within `DOUBT_SECONDS` each time, else it has none.
        """
        records: list[Record] = []
        clock = self._tools.clock
        progressed_at = clock()
        while not self._released.is_set():
            taken = await self._gathering.take(self._tools.settings.flush_max_rows, last)
            records.extend(taken)
            if self._read_to > last:  # without the last record where Kafka no longer has it, or never committed it
                return self._batch(records)
            progressed_at = clock() if taken else progressed_at
            waited = clock() - progressed_at
            if log_may_be_truncated and waited > DOUBT_SECONDS:
                return Lull.IDLE
            if waited > CHECK_SECONDS and clock() - self._checked_at > CHECK_SECONDS:
                await self._check_log()
            if waited > SILENCE_SECONDS:
                self._silences += 1
                raise LogChanged(f"no record up to {last} has come for {SILENCE_SECONDS} seconds")
            await self._sleep(IDLE_SECONDS)
        return Lull.RELEASED

    async def _gather(self) -> Batch | Lull:
        """Return records that are worth a flush, or why there are none."""
        settings, gathering = self._tools.settings, self._gathering
        while not self._released.is_set():
            is_landing = self._landing.is_under_way()
            is_idle = self._tools.flush_slots.is_idle
            if not self.blocked and gathering.should_flush(settings, is_landing=is_landing, is_idle=is_idle):
                if records := await gathering.take(settings.flush_max_rows):
                    return self._batch(records)
            elif gathering.rows and not is_landing:
                await self._sleep(settings.flush_max_age_seconds - gathering.age)
            elif not await self._sleep(IDLE_SECONDS) and not is_landing and not gathering.rows:
                if self._tools.clock() - self._checked_at > CHECK_SECONDS:
                    await self._check_log()
                    await self._read_bounds()
                return Lull.IDLE
        return Lull.RELEASED

    def _batch(self, records: Sequence[Record]) -> Batch | Lull:
        """Keep records for the steps, and return what the protocol has to know of them."""
        self._records = records
        if not records:
            return Lull.IDLE
        last = records[-1]
        fingerprint = Fingerprint.of(last.timestamp, last.key, last.value)
        seen_at = int(self._tools.wall_clock() * 1000)
        return Batch(records[0].offset, last.offset, fingerprint, self._known_state.over_budget, seen_at)

    async def _sleep(self, seconds: float) -> bool:
        """Wait until there may be something to do; tell whether that was before the time was over."""
        wake = self._gathering.wake
        try:
            await asyncio.wait_for(wake.wait(), max(0.001, seconds))
        except TimeoutError:
            return False
        wake.clear()
        return True

    async def _prepare(self, command: Prepare) -> Prepared:
        if not self._has_flush_slot:
            await self._tools.flush_slots.acquire()
            self._has_flush_slot = True
        segments, proofs = await self._tools.prepare(self._records, self._known_state, command)
        self._records = self._records[-1:]
        with metrics.STEP_SECONDS.labels("columns").time():
            block = self._landing.tenure.block(segments, command.position.log_epoch) if segments else None
        self._content = Content(block)
        metrics.FLUSH_ROWS.observe(self._content.rows)
        return Prepared(self._content.rows, proofs)

    def _note_landing_ended(self, landed: Range | None) -> None:
        if landed is not None:
            self._lag.land(landed.last + 1, self._tools.wall_clock() - self._newest_at / 1000)
        self._gathering.wake.set()

    def _observe(self, last: Record, written: Range) -> None:
        state = self._known_state
        self._newest_at = time_of_receipt(written.seen_at, last.timestamp)
        metrics.CONVERSATIONS_CACHED.labels(self.number).set(len(state))
        metrics.CACHE_BYTES.labels(self.number).set(state.bytes)
