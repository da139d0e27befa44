"""A partition while this worker owns it: the `PartitionIO` of its owner, with real clients.

`protocol/owner.py` decides what happens and in which order. Here each of its steps is carried out: `reader.py` reads
records, `app.py` has the steps that make a block of them, `writer.py` writes it while the next records are read and
prepared.
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Final

from stream_processors import metrics
from stream_processors.blocked import reason_of
from stream_processors.clickhouse.schema_version import check_schema
from stream_processors.kafka.records import Record, time_of_receipt
from stream_processors.kafka.source import Poll
from stream_processors.partitions.context import WorkerContext
from stream_processors.partitions.protocol.io import NoBatch, Prepared, PrepareRequest, Replay
from stream_processors.partitions.protocol.owner import Owner
from stream_processors.partitions.ranges import Fingerprint, Range, ReadBatch, Start
from stream_processors.partitions.reader import PartitionReader
from stream_processors.partitions.starvation import Lag
from stream_processors.partitions.writer import FlushWriter, PreparedFlush, RangeWriter
from stream_processors.retries import retry_forever
from stream_processors.state.cache import State, load_state

# How long a maintenance command, or another partition, is given before the next attempt to claim.
WAIT_SECONDS: Final = 1.0

logger = logging.getLogger(__name__)


class Partition(RangeWriter):
    """One partition of the topic while this worker owns it."""

    def __init__(self, number: int, context: WorkerContext, owned: int = 1) -> None:
        """Own a partition as one of `owned`; they share the worker's memory evenly."""
        super().__init__(context, number)
        self._write: Final = FlushWriter(context, number, self._note_write_ended)
        self._reader: Final = PartitionReader(context, number, context.settings.buffer_share(owned), self._write)
        self._cache_bytes = context.settings.state_cache_bytes // owned
        self._lag = Lag(context.clock)
        self._state: State | None = None
        self._records: Sequence[Record] = ()
        self._prepared = PreparedFlush(None)
        self._has_flush_slot = False  # for the flush that is being prepared; the one in flight has its own
        self._newest_at = 0  # time of receipt of the newest record in the write in flight, in milliseconds
        self.is_settled = False
        metrics.BLOCKED.labels(number).set(0)

    # Lifecycle

    async def run(self) -> None:
        """Own the partition until it is released; raises FoldVersionMismatch when its facts have another version."""
        settings = self._context.settings
        try:
            await Owner(self, settings.kafka_topic, self.number, settings.fold_rules.version).own()
        finally:
            self.is_settled = False
            await self._write.abandon()
            self._release_flush_slot()

    def deliver(self, poll: Poll) -> None:
        """Take a poll of the partition."""
        self._reader.starvation.end()
        self._reader.buffer.add(poll)

    def release(self) -> None:
        """Ask the partition to end: the write in flight ends and is confirmed; buffered records are not written."""
        self._reader.release()

    # What others see

    @property
    def lag(self) -> int:
        """How many committed records wait in Kafka after those that were taken."""
        return self._reader.lag

    @property
    def blocked(self) -> str | None:
        """Why the partition is blocked; None when it is not."""
        return reason_of(self.number)

    @property
    def waiting_seconds(self) -> float:
        """How long records have waited without one being written."""
        return self._lag.waiting_seconds

    @property
    def starved_for(self) -> float:
        """How long records have waited in Kafka without one being read, although nothing hindered it."""
        return self._reader.starvation.seconds

    def update_starvation(self) -> None:
        """Update lag and starvation, with each heartbeat."""
        buffer = self._reader.buffer
        is_hindered = not self.is_settled or buffer.rows > 0 or self._write.is_writing
        self._reader.starvation.update(is_starved=not is_hindered and self.lag > 0)
        if self.is_settled:
            unwritten = max(self.lag, buffer.rows) + buffer.next_offset - self._lag.written_below
            self._lag.update(is_waiting=unwritten > 0)
            metrics.LAG_RECORDS.labels(self.number).set(max(0, unwritten))
            metrics.LAG_SECONDS.labels(self.number).set(self._lag.seconds)
        if self.blocked:  # other partitions can flush while this one waits for an operator
            self._write.release_slot()
            self._release_flush_slot()

    # Acquire

    async def claim(self) -> int:
        """Abandon the write in flight and claim the partition; return the topic's partition count."""
        await self._write.abandon()
        await retry_forever("check the schema", partial(check_schema, self._context.clickhouse), self.number)
        topic = await retry_forever("describe the topic", self._context.source.describe, self.number)
        call = partial(self._context.range_log.claim, self.number, topic.partitions)
        self._claim, self._reader.topic_id = await retry_forever("claim", call, self.number), topic.topic_id
        return self._claim.partitions

    async def are_others_written(self) -> bool:
        """Tell whether the other partitions have written all flushes made for another partition count."""
        call = partial(self._context.range_log.unsettled, self.owner_claim)
        return not await retry_forever("look for flushes of another partition count", call, self.number)

    async def is_member(self) -> bool:
        """Ask Kafka whether this worker still owns the partition."""
        metrics.STALE.inc()
        is_member = await self._context.source.is_member(self.number)
        consequence = "claiming it again" if is_member else "another worker owns it now"
        logger.warning("partition %d: %s", self.number, consequence)
        return is_member

    async def is_release_requested(self) -> bool:
        """Tell whether the partition is to be released."""
        return self._reader.is_released

    async def wait_for_others(self) -> None:
        """Wait before the next attempt to claim."""
        await asyncio.sleep(WAIT_SECONDS)

    async def begin(self, start: Start, partitions: int) -> None:
        """Read from a start, with nothing in memory but which conversations exist."""
        if start.is_new_log:
            metrics.LOG_EPOCHS.inc()
            logger.warning("partition %d has another log: epoch %d begins", self.number, start.log_epoch)
        if start.lost:
            metrics.LOST_RECORDS.inc(start.lost)
            logger.error("partition %d: Kafka removed %d records before they were read", self.number, start.lost)
        await self._reader.begin(start.offset)
        rules = self._context.settings.fold_rules
        load = partial(load_state, self._context.clickhouse, self.number, partitions, rules, self._cache_bytes)
        self._state = await retry_forever("load the known conversations", load, self.number)
        self._lag.begin(start.offset if start.verify is None else start.verify.last + 1)
        self.is_settled = True

    # Read

    async def read_log_bounds(self) -> tuple[int, int]:
        """Return the log's first offset and the one after its last."""
        return await self._reader.log_bounds()

    async def check_topic(self) -> None:
        """Raise LogChanged when the topic is not the one that existed at the claim."""
        await self._reader.check_topic()

    async def read_up_to(self, last: int, log_may_be_truncated: bool) -> ReadBatch | NoBatch:
        """Read all records up to an offset."""
        return self._batch(await self._reader.read_up_to(last, log_may_be_truncated))

    async def gather(self) -> ReadBatch | NoBatch:
        """Return records that are worth a flush."""
        return self._batch(await self._reader.gather())

    def _batch(self, records: Sequence[Record] | NoBatch) -> ReadBatch | NoBatch:
        """Keep records for the steps, and return what the protocol needs to know of them."""
        if isinstance(records, NoBatch):
            return records
        self._records, last = records, records[-1]
        fingerprint = Fingerprint.of(last.timestamp, last.key, last.value)
        seen_at = int(self._context.wall_clock() * 1000)
        return ReadBatch(records[0].offset, last.offset, fingerprint, self._loaded_state.over_budget, seen_at)

    # Flush

    @property
    def _loaded_state(self) -> State:
        if self._state is None:
            raise LookupError("the partition has not begun")
        return self._state

    async def evict(self) -> None:
        """Remove conversations from memory."""
        self._loaded_state.evict()

    async def prepare(self, request: PrepareRequest) -> Prepared:
        """Take the records that were read last through the steps, when a flush slot is free."""
        if not self._has_flush_slot:
            await self._context.flush_slots.acquire()
            self._has_flush_slot = True
        segments, proofs = await self._context.prepare(self._records, self._loaded_state, request)
        self._records = self._records[-1:]
        with metrics.STEP_SECONDS.labels("columns").time():
            block = self.owner_claim.block(segments, request.position.log_epoch) if segments else None
        self._prepared = PreparedFlush(block)
        metrics.FLUSH_ROWS.observe(self._prepared.rows)
        return Prepared(self._prepared.rows, proofs)

    async def start_write(self, written: Range, replay: Replay | None) -> None:
        """Start to write the prepared block."""
        self._newest_at = time_of_receipt(written.seen_at, self._records[-1].timestamp)
        metrics.CONVERSATIONS_CACHED.labels(self.number).set(len(self._loaded_state))
        metrics.CACHE_BYTES.labels(self.number).set(self._loaded_state.bytes)
        flush, self._prepared = self._prepared, PreparedFlush(None)
        has_slot, self._has_flush_slot = self._has_flush_slot, False
        writer = RangeWriter(self._context, self.number, self.owner_claim, flush)
        self._write.start(writer, written, replay, has_slot=has_slot)

    async def await_write(self) -> Range | None:
        """Wait until no write is in flight; return the range written since the last call, or raise its error."""
        return await self._write.wait()

    def _note_write_ended(self, written: Range | None) -> None:
        if written is not None:
            self._lag.mark_written(written.last + 1, self._context.wall_clock() - self._newest_at / 1000)
        self._reader.buffer.wake.set()

    def _release_flush_slot(self) -> None:
        if self._has_flush_slot:
            self._has_flush_slot = False
            self._context.flush_slots.release()
