"""The Faust transport for whole polls: an agent gets all records of a partition that a poll returned as one message.

Faust delivers single records and commits by counting single acknowledgements. At tens of thousands of events per second
that costs more than everything else. Here a message is a `Poll`, ClickHouse's range log is the position of a partition,
and the offset committed to Kafka follows it, for monitors of the group's lag.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar

import faust
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
)
from faust.transport.drivers.aiokafka import (
    AIOKafkaConsumerThread,
    Consumer,
    Producer,
    Transport,
    credentials_to_aiokafka_auth,
    server_list,
)
from faust.types import TP, ConsumerMessage

from convostream.kafka.diagnosis import explain, find_reason
from stream_processors import metrics
from stream_processors.errors import InvalidRecord
from stream_processors.kafka.read_positions import ReadPositions
from stream_processors.kafka.records import Record
from stream_processors.kafka.source import Poll, TopicDescription
from stream_processors.kafka.startup import start_with_retry
from stream_processors.kafka.topic_metadata import describe_topic

# How long a fetch waits for records. A partition that is read from now on waits for the fetch in flight.
LONGEST_WAIT_MS: Final = 200

# How often missing Kafka permissions are logged and checked again.
REFUSED_SECONDS: Final = 1.0

REFUSALS: Final = (TopicAuthorizationFailedError, GroupAuthorizationFailedError)

T = TypeVar("T")
Assign = Callable[[set[int]], Awaitable[None]]


class PollSchema(faust.Schema[Any, Any]):
    """Deliver a `Poll` unchanged: decoding is a step of the pipeline, so that a decoding error loses nothing."""

    def loads_key(self, app: Any, message: Any, **options: Any) -> Any:
        """Return no key: a poll has many."""
        return None

    def loads_value(self, app: Any, message: Any, **options: Any) -> Any:
        """Return the poll."""
        return message.value


class _NeverSeen(dict[TP, int | None]):
    """Faust's memory of offsets, kept empty: offsets that go back must be delivered, to reveal a new log."""

    def __missing__(self, key: TP) -> None:
        return None

    def __setitem__(self, key: TP, value: int | None) -> None:
        return None


class WholePollThread(AIOKafkaConsumerThread):
    """Faust's consumer thread; a failed commit does not crash it, because the next one has the same position."""

    def _create_consumer(self, loop: asyncio.AbstractEventLoop) -> AIOKafkaConsumer:
        consumer = super()._create_consumer(loop)
        consumer._fetch_max_wait_ms = LONGEST_WAIT_MS  # Faust uses 1.5 s and has no option for it
        # Faust sets this only for workers that write in transactions themselves.
        consumer._isolation_level = "read_committed"
        return consumer

    async def on_start(self) -> None:
        """Start the client, however long Kafka is unavailable."""
        await start_with_retry(self, super().on_start, self._clear, _reason_of(self.transport))

    async def _clear(self) -> None:
        await self._ensure_consumer().stop()

    async def _fetch_records(self, *arguments: Any, **options: Any) -> Any:
        """Return the records of the next poll; while Kafka refuses it, nothing, after a pause."""
        try:
            return await super()._fetch_records(*arguments, **options)
        except REFUSALS as error:
            self.log.error("Kafka does not let this worker read: %s", explain(error))  # noqa: TRY400
            await asyncio.sleep(REFUSED_SECONDS)
            return {}

    async def report_refusal(self) -> None:
        """Log why Kafka refuses group membership, if it does: the client only reports it on request."""
        try:
            await self.at_once(_check_group)
        except KafkaError as error:
            self.log.error("Kafka does not let this worker into its group: %s", explain(error))  # noqa: TRY400

    def state_of(self, tp: TP) -> Any:
        """Return the client's state of a partition; None if it is not assigned."""
        subscription = self._ensure_consumer()._subscription.subscription
        assignment = subscription.assignment if subscription is not None else None
        key = TopicPartition(*tp)
        return assignment.state_value(key) if assignment is not None and key in assignment.tps else None

    async def at_once(self, call: Callable[[AIOKafkaConsumer], Awaitable[T]]) -> T:
        """Call the client without waiting for the poll in flight, as Faust would."""

        async def in_thread() -> T:
            return await call(self._ensure_consumer())

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(in_thread(), self.thread_loop))

    async def commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit offsets; tell whether Kafka accepted them."""
        positions = {TopicPartition(*tp): offset for tp, offset in offsets.items()}
        try:
            await self.at_once(lambda client: client.commit(positions))
        except KafkaError as error:
            self.log.warning("the group's offsets were not committed (%s); the next commit carries them", error)
            return False
        return True


class WholePollConsumer(Consumer):
    """Faust's consumer as a `PartitionSource`: it yields whole polls and is told where partitions start."""

    _thread: WholePollThread

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._read_offset = _NeverSeen()
        self.topic = ""
        self.on_assigned: Assign | None = None
        self._seeks: Counter[TP] = Counter()
        self._read = ReadPositions()
        self._landed: dict[TP, int] = {}
        self._reported: dict[TP, int] = {}
        self._resumed = asyncio.Event()

    def set_assignment_listener(self, topic: str, on_assigned: Assign) -> None:
        """Set the topic, and the function that gets its assigned partitions."""
        self.topic, self.on_assigned = topic, on_assigned

    @faust.Service.task
    async def _report_refusals(self) -> None:
        while not self.should_stop:
            await self.sleep(REFUSED_SECONDS)
            if not self.should_stop and self._thread._consumer is not None:
                await self._thread.report_refusal()

    def _new_consumer_thread(self) -> WholePollThread:
        return WholePollThread(self, loop=self.loop, beacon=self.beacon)

    async def perform_seek(self) -> None:
        """Pass the assigned partitions to the application; each starts when its position is known."""
        assignment = self.assignment()
        self.log.info("generation %s of the group", self.app.consumer_generation_id)
        self.pause_partitions(assignment)
        if self.on_assigned is not None:
            await self.on_assigned({tp.partition for tp in assignment})

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """Yield one message for each partition with records in the next poll."""
        if self.flow_active and not self._get_active_partitions():
            await self._wait_until_resumed(timeout)
            return
        seeks = Counter(self._seeks)
        records, _ = await self._wait_next_records(timeout)
        if self.should_stop or not self.flow_active:
            return
        for tp, batch in (records or {}).items():
            self._read.note_records(tp, batch, is_current=seeks[tp] == self._seeks[tp])
            yield tp, self._to_message(tp, Poll.of(tp.partition, batch, seeks[tp]))
        for tp in [tp for tp, count in self._seeks.items() if seeks[tp] == count]:
            self._note_position(tp)

    def _note_position(self, tp: TP) -> None:
        """Record how far a partition was read, and its lag."""
        state = self._thread.state_of(tp)
        if state is not None and state.has_valid_position:
            self._read.note_position(tp, state.position)
            uncommitted = (state.highwater or 0) - _end_of(state)
            metrics.UNCOMMITTED_RECORDS.labels(tp.partition).set(max(0, uncommitted))

    async def _wait_until_resumed(self, timeout: float) -> None:
        """Wait until a partition can be read again; Faust would always sleep for a second."""
        self._resumed.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._resumed.wait(), timeout)

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Read partitions again."""
        super().resume_partitions(tps)
        self._resumed.set()

    def on_buffer_drop(self, tp: TP) -> None:
        """Read a partition again after its polls were taken."""
        super().on_buffer_drop(tp)
        self._resumed.set()

    def _to_message(self, tp: TP, poll: Any) -> ConsumerMessage:
        last = poll.records[-1]
        seconds = (last.timestamp or 0) / 1000
        generation = self.app.consumer_generation_id
        return ConsumerMessage(
            tp.topic, tp.partition, last.offset, seconds, 0, [], None, poll, None, tp=tp, generation_id=generation
        )

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Do nothing: the watchdog checks partitions instead of single messages."""

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit what was written since the last commit."""
        if not self._landed:
            return False  # also when a worker ends that never reached Kafka: its client has no assignment
        assignment = self.assignment()
        read = {tp: self.read_to(tp.partition, at) for tp, at in self._landed.items() if tp in assignment}
        fresh = {tp: at for tp, at in read.items() if self._reported.get(tp) != at}
        if not fresh or not await self._commit(fresh):
            return False
        self._reported.update(fresh)
        return True

    def _tp(self, partition: int) -> TP:
        return TP(self.topic, partition)

    async def describe(self) -> TopicDescription:
        """Ask Kafka for the topic's partition count and id."""
        description = await self._thread.at_once(lambda consumer: describe_topic(consumer._client, self.topic))
        metrics.UNDER_REPLICATED.set(description.under_replicated)
        return description

    async def bounds(self, partition: int) -> tuple[int, int]:
        """Return the first offset of a partition's log, and the one after its last."""
        tp = TopicPartition(self.topic, partition)
        starts = await self._thread.at_once(lambda client: client.beginning_offsets([tp]))
        ends = await self._thread.at_once(lambda client: client.end_offsets([tp]))
        return starts[tp], ends[tp]

    async def seek_to(self, partition: int, offset: int) -> int:
        """Read a partition from an offset; return how often its position has been set."""
        tp = self._tp(partition)
        await self._thread.at_once(partial(_seek, partition=TopicPartition(*tp), offset=offset))
        self._seeks[tp] += 1
        self._read.begin(tp, offset)
        self.resume_partitions({tp})
        return self._seeks[tp]

    def pause(self, partition: int) -> None:
        """Stop reading a partition for now."""
        self.pause_partitions({self._tp(partition)})

    def resume(self, partition: int) -> None:
        """Continue reading after a pause."""
        if (tp := self._tp(partition)) in self.assignment():
            self.resume_partitions({tp})

    def read_to(self, partition: int, taken: int) -> int:
        """Return the offset below which nothing more will come, if everything below `taken` was taken."""
        return self._read.read_to(self._tp(partition), taken)

    def lag(self, partition: int, next_offset: int) -> int:
        """Return how many committed records of a partition wait after an offset, according to the last poll."""
        state = self._thread.state_of(self._tp(partition))
        if state is None:
            return 0  # the client no longer has the partition: a rebalance is in progress
        return max(0, _end_of(state) - next_offset)

    def mark_written(self, partition: int, offset: int) -> None:
        """Record the offset below which everything is written."""
        self._landed[self._tp(partition)] = offset

    async def is_member(self, partition: int) -> bool:
        """Ask Kafka whether this worker still owns a partition: only its owner may commit."""
        tp = self._tp(partition)
        if tp not in self.assignment():
            return False
        position = self._landed.get(tp)
        return position is None or await self._commit({tp: position})

    async def forward(self, record: Record, key: bytes, partition: int, headers: Any) -> None:
        """Produce a record again, to another partition; return when Kafka has it.

        Raises InvalidRecord if it is too large for Kafka.
        """
        producer = self.app.producer
        try:
            await producer.send_and_wait(self.topic, key, record.value, partition, None, headers)
        except MessageSizeTooLargeError:
            reason = "value: on another partition than its conversation's, and too large for Kafka to be forwarded"
            raise InvalidRecord("too_large", reason) from None


def _reason_of(transport: Any) -> Callable[[Exception], Awaitable[str]]:
    """Return a function that finds out why a client cannot start."""
    servers = server_list(transport.url, transport.default_port)
    options = partial(credentials_to_aiokafka_auth, transport.app.conf.broker_credentials)
    return partial(find_reason, bootstrap_servers=servers, options=options)


def _end_of(state: Any) -> int:
    """Return the end of what may be read: the first open transaction, if the broker reports it."""
    is_known = state.lso is not None and state.lso >= 0
    return int((state.lso if is_known else state.highwater) or 0)


async def _check_group(client: AIOKafkaConsumer) -> None:
    if client._coordinator is not None:
        client._coordinator.check_errors()


async def _seek(client: AIOKafkaConsumer, partition: TopicPartition, offset: int) -> None:
    # The client looks up its own position after an assignment. A position that is set before that would be lost.
    await client.position(partition)
    client.seek(partition, offset)


class RetryingProducer(Producer):
    """Faust's producer, which waits for Kafka when it starts."""

    async def on_start(self) -> None:
        """Start the client, however long Kafka is unavailable."""
        await start_with_retry(self, super().on_start, self._clear, _reason_of(self.transport))

    async def _clear(self) -> None:
        await self._ensure_producer().stop()


class WholePollTransport(Transport):
    """Faust's Kafka transport with the consumer and the producer above."""

    Consumer = WholePollConsumer
    Producer = RetryingProducer
