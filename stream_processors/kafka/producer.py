"""A Kafka producer for commands, with the worker's settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from convostream.kafka.diagnosis import find_reason
from convostream.kafka.security import kafka_client_options
from stream_processors.errors import OperatorError
from stream_processors.settings import WorkerSettings

# The broker refuses records that are too large: it knows its limit.
MAX_REQUEST_BYTES: Final = 256 * 1024**2


@asynccontextmanager
async def kafka_producer(settings: WorkerSettings) -> AsyncIterator[AIOKafkaProducer]:
    """Yield a producer; raises OperatorError if Kafka is or becomes unavailable."""
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
