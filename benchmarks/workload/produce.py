"""Puts a load on the topic in large batches, so that a broker is not what a producer is waiting for.

A record goes where any client's default partitioner puts its key, and within a partition in the order of the load.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder

# About 700 events.
BATCH_BYTES: Final = 256 * 1024

Keyed = tuple[bytes, bytes]


def produce(bootstrap_servers: str, topic: str, partitions: int, records: Sequence[Keyed]) -> float:
    """Send records and return how many seconds that took; all of them are acknowledged then."""
    begun = time.monotonic()
    asyncio.run(_produce(bootstrap_servers, topic, parted(records, partitions)))
    return time.monotonic() - begun


def parted(records: Sequence[Keyed], partitions: int) -> list[list[Keyed]]:
    """Return the records of each partition, in order."""
    homes: dict[bytes, int] = {}
    parts: list[list[Keyed]] = [[] for _ in range(partitions)]
    for record in records:
        key = record[0]
        if key not in homes:
            homes[key] = home(key, partitions)
        parts[homes[key]].append(record)
    return parts


def home(key: bytes, partitions: int) -> int:
    """Return the partition of a key."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


async def _produce(bootstrap_servers: str, topic: str, parts: Sequence[Sequence[Keyed]]) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers, acks="all", max_batch_size=BATCH_BYTES, max_request_size=4 * BATCH_BYTES
    )
    await producer.start()
    try:
        await asyncio.gather(*(send(producer, topic, number, part) for number, part in enumerate(parts)))
    finally:
        await producer.stop()


async def send(producer: AIOKafkaProducer, topic: str, partition: int, records: Sequence[Keyed]) -> None:
    """Send the records of one partition, a batch after the other."""
    batch = producer.create_batch()
    for key, value in records:
        if not _fits(batch, key, value):
            await _deliver(producer, batch, topic, partition)
            batch = producer.create_batch()
            _fits(batch, key, value)
    await _deliver(producer, batch, topic, partition)


def _fits(batch: BatchBuilder, key: bytes, value: bytes) -> bool:
    return batch.append(key=key, value=value, timestamp=None) is not None


async def _deliver(producer: AIOKafkaProducer, batch: BatchBuilder, topic: str, partition: int) -> None:
    if batch.record_count():
        acknowledged = await producer.send_batch(batch, topic, partition=partition)
        await acknowledged
