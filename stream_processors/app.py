"""The Faust app, and the path of an event through it, in order.

Kafka -> poll -> agent -> Partition.deliver -> gathered to a batch
  1. prove_headers     a record that replays a dead letter settles that one; a forwarded one keeps its time of receipt
  2. decode_records    a record is an event, enriched (place, device, language, escalation, ...), or a dead letter
  3. drop_erased       what belongs to a person who was erased is dropped
  4. split_misrouted       what lies on another partition than its conversation's is sent on to it
  5. State.load        the batch's conversations come into memory; known ones are folded again from ClickHouse
  6. drop_repetitions  an id that its conversation has is dropped, however late it comes
  7. fold              sessions, response times and attributes move on; what changed of the facts is signed -1, +1
  8. gather_rows       events, signed facts and dead letters become the rows of one block
-> protocol/owner.py: the range is logged, then the block is inserted, exactly once through every view (landing.py)
"""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import faust

from stream_processors import metrics
from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.dead_letters.storage import dead_letter_policy
from stream_processors.enrichment.policy import Enrichment
from stream_processors.kafka.consumer import PollSchema, WholePollConsumer, WholePollTransport
from stream_processors.kafka.options import broker_options
from stream_processors.kafka.records import Record
from stream_processors.kafka.source import PartitionSource
from stream_processors.partitions.assignment import Ownership
from stream_processors.partitions.context import TrackedSemaphore, WorkerContext
from stream_processors.partitions.protocol.io import PrepareRequest
from stream_processors.partitions.range_log import RangeLog
from stream_processors.partitions.ranges import Proof
from stream_processors.pipeline.erased_records import drop_erased
from stream_processors.pipeline.portions import fold_in_portions
from stream_processors.pipeline.reroute import reroute
from stream_processors.pipeline.steps import (
    Batch,
    decode_records,
    gather_rows,
    prove_headers,
    split_misrouted,
)
from stream_processors.process.memory import gc_paused
from stream_processors.settings import WorkerSettings
from stream_processors.state.cache import State

# Records decoded between two looks at other tasks.
SLICE = 1_000

# Bytes of values decoded at once: as objects of Python, JSON of many small lists takes twenty times as much.
SLICE_BYTES = 4 * 1024**2

# More at once make each of them slower, and leave no time to gather larger ones.
INSERTS_AT_ONCE = 2

# One is prepared while others are inserted; each takes several times the memory of its records.
FLUSHES_AT_ONCE = INSERTS_AT_ONCE + 1

# Polls on their way to a partition, which lie outside of what the buffer counts.
POLLS_WAITING = 2


def slices_of(records: Sequence[Record]) -> Iterator[tuple[int, int]]:
    """Yield where slices of records begin and end: few enough, and of not many bytes more than are decoded at once."""
    begin = size = 0
    for place, record in enumerate(records):
        if place - begin == SLICE or size > SLICE_BYTES:
            yield begin, place
            begin, size = place, 0
        size += len(record.value or b"")
    yield begin, len(records)


class ProcessorApp(faust.App):
    """The stream processor: reads whole polls, takes them through the steps, and owns its partitions."""

    def __init__(self, settings: WorkerSettings, clickhouse: ClickHouse, enrichment: Enrichment, owner_id: str) -> None:
        super().__init__(
            settings.kafka_group,
            autodiscover=False,
            stream_wait_empty=False,
            stream_buffer_maxsize=POLLS_WAITING,
            store="memory://",
            table_standby_replicas=0,
            topic_allow_declare=False,
            topic_disable_leader=True,
            web_enabled=False,
            **broker_options(settings),
        )
        self.transport = WholePollTransport(self.conf.broker, self, self.loop)
        self._settings = settings
        self._clickhouse = clickhouse
        self._enrichment = enrichment
        self._keep = dead_letter_policy(settings, enrichment.content).keep
        self._owner_id = owner_id
        self._decoding = asyncio.Lock()  # one batch after the other: the first one is inserted while others decode
        self.ownership: Ownership | None = None
        topic = self.topic(settings.kafka_topic, schema=PollSchema())
        self.agent(topic, name="polls")(self._take_polls)
        self.on_partitions_revoked.connect(self._release)
        self.on_before_shutdown.connect(self._release)

    def _create_directories(self) -> None:
        """Make no directories: there are no tables."""

    def _new_consumer(self) -> WholePollConsumer:
        consumer = super()._new_consumer()
        if not isinstance(consumer, WholePollConsumer):
            raise TypeError("the transport makes another consumer")
        context = WorkerContext(
            settings=self._settings,
            clickhouse=self._clickhouse,
            range_log=RangeLog(self._clickhouse, self._settings.kafka_topic, self._owner_id),
            source=consumer,
            prepare=partial(self.prepare, consumer),
            insert_slots=asyncio.Semaphore(INSERTS_AT_ONCE),
            flush_slots=TrackedSemaphore(FLUSHES_AT_ONCE),
        )
        self.ownership = Ownership(context, on_failure=self._fail)
        consumer.set_assignment_listener(self._settings.kafka_topic, self.ownership.assign)
        return consumer

    async def _take_polls(self, stream: Any) -> None:
        async for event in stream.noack().events():
            if self.ownership is not None:
                self.ownership.deliver(event.value)

    async def prepare(
        self, feed: PartitionSource, records: Sequence[Record], state: State, request: PrepareRequest
    ) -> tuple[list[Segment], tuple[Proof, ...]]:
        """Take a batch of a partition through the steps; return the segments of its block and what was proved."""
        with gc_paused():
            batch = Batch(records, seen_at=request.seen_at)
            content = self._enrichment.content
            await prove_headers(batch, self._clickhouse, request.position, request.proofs, content)
            return await self._steps(feed, batch, state, request), batch.proofs

    async def _steps(self, feed: PartitionSource, batch: Batch, state: State, request: PrepareRequest) -> list[Segment]:
        position = request.position
        async with self._decoding:
            await self._decode(batch)
        await drop_erased(batch, state.tombstones, self._clickhouse, position.partition)
        with metrics.STEP_SECONDS.labels("state").time():
            absent = state.absent(batch.conversations)
            split_misrouted(batch, absent, position.partition, request.partitions)
            await reroute(batch, position, request.partitions, feed, self._clickhouse, self._keep)
        fresh, hashes, rows = await fold_in_portions(batch, state, self._clickhouse, position, self._keep)
        with metrics.STEP_SECONDS.labels("fold").time():
            return gather_rows(batch, fresh, hashes, rows, position)

    async def _decode(self, batch: Batch) -> None:
        with metrics.STEP_SECONDS.labels("decode").time():
            for begin, end in slices_of(batch.records):
                decode_records(batch, self._enrichment, self._keep, begin, end)
                await asyncio.sleep(0)

    async def _release(self, *_: object, **__: object) -> None:
        if self.ownership is not None:
            await self.ownership.release()

    def _fail(self, error: BaseException) -> None:
        self.log.critical("the worker cannot go on: %s", error)
        self.add_future(self.crash(error))
