"""A Kafka producer for commands, by the worker's settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from convostream.kafka.diagnosis import find_reason
from convostream.kafka.security import kafka_client_options
from stream_processors.errors import OperatorError
from stream_processors.settings import WorkerSettings

# What is larger than a broker takes is for the broker to refuse: it knows its limit.
MAX_REQUEST_BYTES: Final = 256 * 1024**2


@asynccontextmanager
async def kafka_producer(settings: WorkerSettings) -> AsyncIterator[AIOKafkaProducer]:
    """Give a producer inside the block; raises OperatorError when Kafka cannot be reached or goes away."""
    security = kafka_client_options(settings)
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        acks="all",
        linger_ms=5,
        max_request_size=MAX_REQUEST_BYTES,
        **security,
    )
    try:
        await producer.start()
        yield producer
    except KafkaError as error:
        reason = await find_reason(error, settings.kafka_bootstrap_servers, lambda: security)
        raise OperatorError(
            f"Kafka at {settings.kafka_bootstrap_servers} does not answer as hoped: {reason}\n"
            "Check CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS, then run this again: what is sent twice counts once."
        ) from error
    finally:
        await producer.stop()
