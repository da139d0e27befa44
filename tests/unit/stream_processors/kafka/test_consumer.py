"""The transport: a poll waits for partitions that may be read, and no longer than that."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from faust.types import TP, ConsumerMessage

from stream_processors.app import ProcessorApp
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.kafka.consumer import WholePollConsumer
from stream_processors.settings import WorkerSettings
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
