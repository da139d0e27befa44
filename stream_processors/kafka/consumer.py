"""Faust's consumer as the worker's `PartitionSource`: whole polls, positions set by the owners of partitions."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError, MessageSizeTooLargeError
from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP, ConsumerMessage

from stream_processors import metrics
from stream_processors.errors import InvalidRecord
from stream_processors.kafka.consumer_thread import REFUSED_SECONDS, WholePollThread
from stream_processors.kafka.read_positions import ReadPositions
from stream_processors.kafka.records import Record
from stream_processors.kafka.source import Poll, TopicDescription
from stream_processors.kafka.topic_metadata import describe_topic

Assign = Callable[[set[int]], Awaitable[None]]


class _NeverSeen(dict[TP, int | None]):
    """Faust's memory of offsets, kept empty: offsets that go back must be delivered, to reveal a new log."""

    def __missing__(self, key: TP) -> None:
        return None

    def __setitem__(self, key: TP, value: int | None) -> None:
        return None


class WholePollConsumer(Consumer):
    """Faust's consumer as a `PartitionSource`: it yields whole polls, from positions that owners set."""

    _thread: WholePollThread

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._read_offset = _NeverSeen()
        self.topic = ""
        self.on_assigned: Assign | None = None
        self._seeks: Counter[TP] = Counter()
        self._positions: dict[TP, int] = {}
        self._read = ReadPositions()
        self._written: dict[TP, int] = {}
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
            if seeks[tp] != self._seeks[tp]:
                await self._seek_again(tp)
                continue
            self._read.note_records(tp, batch, is_current=seeks[tp] == self._seeks[tp])
            yield tp, self._to_message(tp, Poll.of(tp.partition, batch, seeks[tp]))
        for tp in [tp for tp, count in self._seeks.items() if seeks[tp] == count]:
            self._note_position(tp)

    async def _seek_again(self, tp: TP) -> None:
        """Set a position that was set during a poll again, now that no poll is in flight.

        The records of that poll may be from before. Setting the position during the next poll, when its owner found
        that out, could repeat for ever.
        """
        with suppress(IllegalStateError):  # the partition was revoked meanwhile
            await self._set_position(tp)

    async def _set_position(self, tp: TP) -> None:
        call = partial(_seek, partition=TopicPartition(*tp), offset=self._positions[tp])
        await self._thread.at_once(call)

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
        if not self._written:
            return False  # also when a worker ends that never reached Kafka: its client has no assignment
        assignment = self.assignment()
        read = {tp: self.read_to(tp.partition, at) for tp, at in self._written.items() if tp in assignment}
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
        self._positions[tp] = offset
        await self._set_position(tp)
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
        self._written[self._tp(partition)] = offset

    async def is_member(self, partition: int) -> bool:
        """Ask Kafka whether this worker still owns a partition: only its owner may commit."""
        tp = self._tp(partition)
        if tp not in self.assignment():
            return False
        position = self._written.get(tp)
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


def _end_of(state: Any) -> int:
    """Return the end of what may be read: the first open transaction, if the broker reports it."""
    is_known = state.lso is not None and state.lso >= 0
    return int((state.lso if is_known else state.highwater) or 0)


async def _seek(client: AIOKafkaConsumer, partition: TopicPartition, offset: int) -> None:
    # The client looks up its own position after an assignment. A position that is set before that would be lost.
    await client.position(partition)
    client.seek(partition, offset)
