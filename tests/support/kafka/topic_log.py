"""Write JSON records to a topic with an ordinary client, and read them back as the broker stores them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.oracle import Record, Sent

MAX_BYTES = 2 * 1024 * 1024
PARTITIONS = 4

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PlacedRecord:
    """A record with a partition, timestamp or headers of the test's choice."""

    sent: Sent
    partition: int | None = None
    timestamp_ms: int | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


class TopicLog:
    """One topic on one broker."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.bootstrap = bootstrap
        self.topic = topic
        self._acknowledged: dict[int, int] = {}

    def create(self, configuration: Mapping[str, str]) -> None:
        """Create the topic."""
        asyncio.run(self._create(configuration))

    def append(self, records: Sequence[Sent | PlacedRecord]) -> list[Record]:
        """Send the records in order; return them in that order as the broker stores them."""
        return asyncio.run(
            self._append([record if isinstance(record, PlacedRecord) else PlacedRecord(record) for record in records])
        )

    def end_offsets(self) -> dict[int, int]:
        """Return the next offset of each partition; the embedded broker may report one below what it acknowledged."""
        ends = asyncio.run(self._end_offsets())
        return {each: max(end, self._acknowledged.get(each, -1) + 1) for each, end in ends.items()}

    async def _create(self, configuration: Mapping[str, str]) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            topic = NewTopic(self.topic, PARTITIONS, 1, topic_configs=dict(configuration))
            answer = await admin.create_topics([topic])
            errors = [error for error in answer.topic_errors if error[1]]
            assert not errors, errors
        finally:
            await admin.close()

    async def _append(self, records: list[PlacedRecord]) -> list[Record]:
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap, acks="all", linger_ms=5, max_request_size=MAX_BYTES
        )
        await producer.start()
        try:
            futures = [
                await producer.send(
                    self.topic,
                    each.sent.value,
                    key=each.sent.key,
                    partition=each.partition,
                    timestamp_ms=each.timestamp_ms,
                    headers=list(each.headers),
                )
                for each in records
            ]
            places = [(done.partition, done.offset) for done in await asyncio.gather(*futures)]
            for partition, offset in places:
                self._acknowledged[partition] = max(offset, self._acknowledged.get(partition, -1))
        finally:
            await producer.stop()
        return await self._read(places)

    async def _read(self, places: list[Place]) -> list[Record]:
        wanted: dict[int, set[int]] = {}
        for partition, offset in places:
            wanted.setdefault(partition, set()).add(offset)
        async with self._consumer() as consumer:
            consumer.assign([TopicPartition(self.topic, partition) for partition in wanted])
            for partition, offsets in wanted.items():
                consumer.seek(TopicPartition(self.topic, partition), min(offsets))
            found = await _collect(consumer, set(places))
        return [found[place] for place in places]

    async def _end_offsets(self) -> dict[int, int]:
        async with self._consumer() as consumer:
            partitions = [TopicPartition(self.topic, number) for number in range(PARTITIONS)]
            offsets = await consumer.end_offsets(partitions)
            return {each.partition: offset for each, offset in offsets.items()}

    def _consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 * MAX_BYTES,
            fetch_max_wait_ms=50,
        )


async def _collect(consumer: AIOKafkaConsumer, wanted: set[Place]) -> dict[Place, Record]:
    """Read until every wanted position has been returned."""
    found: dict[Place, Record] = {}
    while len(found) < len(wanted):
        batches = await consumer.getmany(timeout_ms=10_000)
        assert batches, f"the broker gives back {len(found)} of {len(wanted)} records that it acknowledged"
        for each in (record for records in batches.values() for record in records):
            if (each.partition, each.offset) in wanted:
                received = each.timestamp if each.timestamp >= 0 else None
                found[each.partition, each.offset] = Record(each.value, received, each.partition, each.offset, each.key)
    return found
