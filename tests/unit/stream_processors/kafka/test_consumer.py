"""The transport: a poll waits for partitions that may be read, and no longer than that."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from faust.types import TP, ConsumerMessage

from stream_processors.app import ProcessorApp
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.kafka.consumer import WholePollConsumer
from stream_processors.kafka.source import Poll
from stream_processors.settings import WorkerSettings
from tests.support.kafka.records import KafkaRecord
from tests.support.worker.context import UNREACHABLE_URL
from tests.support.worker.wire_events import enrichment_of

PARTITION = TP("agent-events", 0)
LONG = 3_600.0


@pytest.fixture
async def consumer() -> AsyncIterator[WholePollConsumer]:
    """A consumer whose partitions are all paused, and that is connected to nothing."""
    clickhouse = ClickHouse(UNREACHABLE_URL, threads=1)
    app = ProcessorApp(WorkerSettings(), clickhouse, enrichment_of(), "worker")
    consumer = app.consumer
    assert isinstance(consumer, WholePollConsumer)
    consumer._active_partitions, consumer._buffered_partitions = set(), {PARTITION}
    yield consumer
    clickhouse.close()


async def poll(consumer: WholePollConsumer) -> list[tuple[TP, ConsumerMessage]]:
    return [message async for message in consumer.getmany(LONG)]


@pytest.mark.parametrize("happens", ["resumed", "taken"])
async def test_a_poll_ends_as_soon_as_a_partition_may_be_read(consumer: WholePollConsumer, happens: str) -> None:
    polling = asyncio.create_task(poll(consumer))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not polling.done()
    if happens == "resumed":
        consumer.resume_partitions({PARTITION})
    else:
        consumer.on_buffer_drop(PARTITION)
    assert await asyncio.wait_for(polling, LONG / 100) == []
    assert consumer._get_active_partitions() == {PARTITION}


async def test_a_poll_without_partitions_ends_by_itself(consumer: WholePollConsumer) -> None:
    assert [message async for message in consumer.getmany(0.01)] == []


class PositionsOfAClient:
    """The positions that are set in the Kafka client; it knows no other state of a partition."""

    def __init__(self) -> None:
        self.set: list[int] = []

    async def at_once(self, call: Callable[[object], Awaitable[None]]) -> None:
        await call(self)

    def state_of(self, tp: TP) -> None:
        return None

    async def position(self, partition: object) -> None:
        return None

    def seek(self, partition: object, offset: int) -> None:
        self.set.append(offset)


async def test_a_poll_during_which_the_position_was_set_is_dropped_and_the_position_set_again(
    consumer: WholePollConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise records after a gap, such as an aborted transaction, could be dropped at each poll for ever."""
    client, offsets = PositionsOfAClient(), iter((5, 6))
    consumer.topic = PARTITION.topic

    async def records_after_a_gap(timeout: float) -> tuple[dict[TP, list[KafkaRecord]], set[TP]]:
        if not client.set:
            await consumer.seek_to(0, 4)
        return {PARTITION: [KafkaRecord(offset=next(offsets))]}, {PARTITION}

    monkeypatch.setattr(consumer, "_thread", client)
    monkeypatch.setattr(consumer, "_wait_next_records", records_after_a_gap)
    consumer.resume_partitions({PARTITION})
    assert await poll(consumer) == []
    assert client.set == [4, 4]
    ((_, message),) = await poll(consumer)
    delivered: object = message.value
    assert isinstance(delivered, Poll)
    assert ([record.offset for record in delivered.records], delivered.seeks) == ([6], 1)
