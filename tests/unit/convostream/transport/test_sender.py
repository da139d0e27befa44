"""The way to the broker: order, repetition after failures, and what is dropped, against a scripted broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError
from aiokafka.partitioner import DefaultPartitioner

from convostream.settings import Settings
from convostream.transport.interface import OutgoingRecord
from convostream.transport.memory_queue import Buffer
from convostream.transport.sender import Delivery

PARTITIONS = [0, 1, 2]


class Batch:
    """A batch that holds at most ten records."""

    def __init__(self) -> None:
        self.records: list[OutgoingRecord] = []

    def append(self, *, timestamp: int | None, key: bytes, value: bytes) -> object:
        assert timestamp is None
        if len(self.records) == 10:
            return None
        self.records.append(OutgoingRecord(key, value))
        return object()


class Broker:
    """Keeps what it is sent by partition, and answers the first batches with the errors it is given."""

    def __init__(self, errors: list[Exception | None]) -> None:
        self.errors = errors
        self.log: dict[int, list[OutgoingRecord]] = {partition: [] for partition in PARTITIONS}
        self.connections = 0

    @asynccontextmanager
    async def connect(self, _: Settings) -> AsyncIterator[Any]:
        self.connections += 1
        yield self

    async def partitions_for(self, topic: str) -> set[int]:
        assert topic == "agent-events"
        return set(PARTITIONS)

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> "asyncio.Future[None]":
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        error = self.errors.pop(0) if self.errors else None
        if error is None and any(len(record.value) > 100 for record in batch.records):
            error = MessageSizeTooLargeError()
        if error is None:
            self.log[partition].extend(batch.records)
            answer.set_result(None)
        else:
            answer.set_exception(error)
        return answer


async def deliver(broker: Broker, records: list[OutgoingRecord]) -> Buffer:
    """Run a delivery until all records are settled."""
    buffer = Buffer(2**20)
    assert all(buffer.offer(record) for record in records)
    delivery = Delivery(Settings(linger_seconds=0), buffer, broker.connect)
    running = asyncio.create_task(delivery.run())
    assert await asyncio.to_thread(buffer.wait_settled, 10) == 0
    running.cancel()
    return buffer


def records(count: int) -> list[OutgoingRecord]:
    return [OutgoingRecord(b"shop/c-%d" % (number % 7), b"%d" % number) for number in range(count)]


async def test_each_record_lies_on_the_partition_of_its_key_in_order() -> None:
    broker = Broker([])
    sent = records(200)
    await deliver(broker, sent)
    for partition, log in broker.log.items():
        expected = [record for record in sent if DefaultPartitioner()(record.key, PARTITIONS, PARTITIONS) == partition]
        assert log == expected


@pytest.mark.parametrize("failing", range(8))
async def test_after_a_failure_everything_arrives_once_and_in_order(failing: int) -> None:
    broker = Broker([None] * failing + [KafkaConnectionError()])
    sent = records(100)
    buffer = await deliver(broker, sent)
    assert broker.connections == 2
    assert buffer.stats().failures == 1
    for key in {record.key for record in sent}:
        arrived = [record for log in broker.log.values() for record in log if record.key == key]
        assert arrived == [record for record in sent if record.key == key]


async def test_only_the_record_that_the_broker_never_takes_is_dropped() -> None:
    broker = Broker([])
    sent = [*records(30), OutgoingRecord(b"shop/c-1", b"x" * 101), *records(30)]
    buffer = await deliver(broker, sent)
    stats = buffer.stats()
    assert (stats.sent, stats.dropped, stats.failures) == (60, 1, 0)
    assert sum(len(log) for log in broker.log.values()) == 60
    for key in {record.key for record in sent}:
        arrived = [record for log in broker.log.values() for record in log if record.key == key]
        assert arrived == [record for record in sent if record.key == key and len(record.value) <= 100]


async def test_a_defect_of_the_client_is_one_more_failure(caplog: pytest.LogCaptureFixture) -> None:
    broker = Broker([RuntimeError("secret")])
    buffer = await deliver(broker, records(3))
    assert buffer.stats().failures == 1
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text
