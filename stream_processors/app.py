"""The Faust app, and the path of an event through it, in order.

Kafka -> poll (kafka/consumer.py) -> agent -> Partition.deliver -> buffered until they are worth a flush
  1. prove_headers       find out which headers are true: a replayed dead letter, the origin of a rerouted record
  2. decode_records      turn records into enriched events (place, device, language, escalation, ...) or dead letters
  3. drop_erased         drop what belongs to a person who was erased
  4. split_misrouted,    send records in another partition than their conversation's to the right one
     reroute
  5. fold_conversations  load conversations, drop duplicate ids, fold new events: sessions, exchanges, attributes
  6. gather_rows         events, changes of facts (signed -1, +1) and dead letters become the rows of one block
-> partitions/protocol: the range is written, then its block, exactly once through every materialized view
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
from stream_processors.kafka.consumer import WholePollConsumer
from stream_processors.kafka.options import broker_options
from stream_processors.kafka.records import Record
from stream_processors.kafka.source import PartitionSource
from stream_processors.kafka.transport import PollSchema, WholePollTransport
from stream_processors.partitions.assignment import Ownership
from stream_processors.partitions.context import TrackedSemaphore, WorkerContext
from stream_processors.partitions.protocol.io import PrepareRequest
from stream_processors.partitions.range_log import RangeLog
from stream_processors.partitions.ranges import Proof
from stream_processors.pipeline.batch import FlushBatch
from stream_processors.pipeline.erased_records import drop_erased
from stream_processors.pipeline.folding import fold_conversations
from stream_processors.pipeline.headers import prove_headers
from stream_processors.pipeline.reroute import reroute
from stream_processors.pipeline.steps import decode_records, gather_rows, split_misrouted
from stream_processors.process.memory import gc_paused
from stream_processors.settings import WorkerSettings
from stream_processors.state.cache import State

# Records decoded before other tasks get a turn.
SLICE = 1_000

# Bytes of values decoded at once. As Python objects, JSON of many small lists takes twenty times as much.
SLICE_BYTES = 4 * 1024**2

# More inserts at once make each of them slower, and leave no time to buffer larger ones.
INSERTS_AT_ONCE = 2

# One flush is prepared while others are inserted; each takes several times the memory of its records.
FLUSHES_AT_ONCE = INSERTS_AT_ONCE + 1

# Polls on their way to a partition, which the buffer does not count.
POLLS_WAITING = 2


def slices_of(records: Sequence[Record]) -> Iterator[tuple[int, int]]:
    """Yield the bounds of slices: at most `SLICE` records, and not many bytes more than `SLICE_BYTES`."""
    begin = size = 0
    for index, record in enumerate(records):
        if index - begin == SLICE or size > SLICE_BYTES:
            yield begin, index
            begin, size = index, 0
        size += len(record.value or b"")
    yield begin, len(records)


class ProcessorApp(faust.App):
    """The stream processor: read whole polls, own partitions, and take their records through the steps."""

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
        self, source: PartitionSource, records: Sequence[Record], state: State, request: PrepareRequest
    ) -> tuple[list[Segment], tuple[Proof, ...]]:
        """Take a batch of a partition through the steps; return the segments of its block and the proved headers."""
        clickhouse, position, partitions = self._clickhouse, request.position, request.partitions
        batch = FlushBatch(records, seen_at=request.seen_at)
        with gc_paused():
            await prove_headers(batch, clickhouse, position, request.proofs, self._enrichment.content)
            await self._decode(batch)
            await drop_erased(batch, state.tombstones, clickhouse, position.partition)
            with metrics.STEP_SECONDS.labels("state").time():
                split_misrouted(batch, state.absent(batch.conversations), position.partition, partitions)
                await reroute(batch, position, partitions, source, clickhouse, self._keep)
            new, hashes, rows = await fold_conversations(batch, state, clickhouse, position, self._keep)
            with metrics.STEP_SECONDS.labels("fold").time():
                return gather_rows(batch, new, hashes, rows, position), batch.proofs

    async def _decode(self, batch: FlushBatch) -> None:
        async with self._decoding:
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
