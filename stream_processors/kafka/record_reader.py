"""Read single records of the topic for commands, with the worker's settings."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from convostream.kafka.diagnosis import find_reason
from convostream.kafka.security import kafka_client_options
from stream_processors.errors import OperatorError
from stream_processors.kafka.records import LogPosition, Record
from stream_processors.settings import WorkerSettings

FETCH_MS: Final = 10_000


class KafkaReader:
    """Read records of one topic one by one; `partitions` are those of the topic."""

    def __init__(self, consumer: AIOKafkaConsumer, partitions: Collection[int]) -> None:
        self._consumer = consumer
        self._partitions = partitions

    async def record_at(self, position: LogPosition) -> Record | None:
        """Return the record that is at a position now, None if there is none."""
        partition = TopicPartition(position.topic, position.partition)
        if position.partition not in self._partitions:
            return None
        self._consumer.assign([partition])
        begin = (await self._consumer.beginning_offsets([partition]))[partition]
        end = (await self._consumer.end_offsets([partition]))[partition]
        if not begin <= position.offset < end:
            return None
        self._consumer.seek(partition, position.offset)
        records = await self._consumer.getmany(partition, timeout_ms=FETCH_MS, max_records=1)
        found: list[Record] = [record for record in records.get(partition, ()) if record.offset == position.offset]
        return found[0] if found else None


@asynccontextmanager
async def kafka_reader(settings: WorkerSettings, topic: str) -> AsyncIterator[KafkaReader]:
    """Yield a reader of a topic; raises OperatorError if Kafka is or becomes unavailable."""
    security = kafka_client_options(settings)
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=settings.kafka_bootstrap_servers,
        enable_auto_commit=False,
        isolation_level="read_committed",
        **security,
    )
    try:
        await consumer.start()
        partitions = consumer.partitions_for_topic(topic) or ()
        consumer.unsubscribe()  # partitions are assigned by hand, one for each record
        yield KafkaReader(consumer, partitions)
    except KafkaError as error:
        reason = await find_reason(error, settings.kafka_bootstrap_servers, lambda: security)
        raise OperatorError(
            f"Kafka at {settings.kafka_bootstrap_servers} does not answer: {reason}\n"
            "Check CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS, then run this again."
        ) from error
    finally:
        await consumer.stop()
