"""Read the topic back from the broker: what was delivered, whatever the producers report."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.errors import KafkaError

from stream_processors.kafka.topic_metadata import describe_topic

READ_SECONDS: Final = 60
PARTITIONS: Final = 4

# A topic that was created again may report one less.
FEWEST_PARTITIONS: Final = 3

RecordPosition = tuple[int, int]


class LogUnreadable(Exception):
    """The broker does not return an acknowledged record."""


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as the broker stores it; the time is in milliseconds, None if it has none."""

    key: bytes | None
    value: bytes | None
    time: int | None
    headers: tuple[tuple[str, bytes], ...]


# All records of one life of the topic, by partition and offset.
LogContents = dict[RecordPosition, StoredRecord]


def read_log(bootstrap: str, topic: str, acknowledged: Mapping[int, int]) -> LogContents:
    """Return everything in the topic, for each partition at least up to its highest acknowledged offset."""
    return asyncio.run(_read_log(bootstrap, topic, acknowledged))


def end_offsets(bootstrap: str, topic: str, acknowledged: Mapping[int, int]) -> dict[int, int]:
    """Return the next offset of each partition; the embedded broker may report one below what it acknowledged."""
    return asyncio.run(_ends(bootstrap, topic, acknowledged))


def add_partitions(bootstrap: str, topic: str, count: int) -> None:
    """Raise the partition count; return once the broker reports all partitions."""
    asyncio.run(_add_partitions(bootstrap, topic, count))


def delete_topic(bootstrap: str, topic: str) -> None:
    """Delete the topic."""
    asyncio.run(_delete(bootstrap, topic))


async def _add_partitions(bootstrap: str, topic: str, count: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_partitions({topic: NewPartitions(count)})
    finally:
        await admin.close()
    async with _consumer(bootstrap) as consumer:
        deadline = time.monotonic() + READ_SECONDS
        while (await describe_topic(consumer._client, topic)).partitions < count:
            if time.monotonic() > deadline:
                raise LogUnreadable(f"{topic} has not {count} partitions")
            await asyncio.sleep(0.1)


async def _delete(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([topic])
    finally:
        await admin.close()


async def _ends(bootstrap: str, topic: str, acknowledged: Mapping[int, int]) -> dict[int, int]:
    async with _consumer(bootstrap) as consumer:
        return await _ends_of(consumer, topic, acknowledged)


async def _ends_of(consumer: AIOKafkaConsumer, topic: str, acknowledged: Mapping[int, int]) -> dict[int, int]:
    deadline = time.monotonic() + READ_SECONDS
    while True:
        try:
            partitions = (await describe_topic(consumer._client, topic)).partitions
            found = await consumer.end_offsets([TopicPartition(topic, number) for number in range(partitions)])
        except KafkaError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.2)
        else:
            return {each.partition: max(end, acknowledged.get(each.partition, -1) + 1) for each, end in found.items()}


async def _read_log(bootstrap: str, topic: str, acknowledged: Mapping[int, int]) -> LogContents:
    async with _consumer(bootstrap) as consumer:
        ends = {number: end for number, end in (await _ends_of(consumer, topic, acknowledged)).items() if end > 0}
        partitions = [TopicPartition(topic, number) for number in ends]
        consumer.assign(partitions)
        for partition in partitions:
            consumer.seek(partition, 0)
        return await _collect(consumer, ends) if ends else {}


async def _collect(consumer: AIOKafkaConsumer, ends: Mapping[int, int]) -> LogContents:
    log: LogContents = {}
    reached = dict.fromkeys(ends, -1)
    deadline = time.monotonic() + READ_SECONDS
    while any(reached[number] < end - 1 for number, end in ends.items()):
        if time.monotonic() > deadline:
            raise LogUnreadable(f"the log ends at {ends}, but nothing can be read beyond {reached}")
        for records in (await consumer.getmany(timeout_ms=500)).values():
            for each in records:
                received = each.timestamp if each.timestamp is not None and each.timestamp >= 0 else None
                headers = tuple((name, value or b"") for name, value in each.headers)
                log[each.partition, each.offset] = StoredRecord(each.key, each.value, received, headers)
                reached[each.partition] = each.offset
    return log


def _consumer(bootstrap: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
        fetch_max_wait_ms=50,
    )
