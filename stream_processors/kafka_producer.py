"""A Kafka producer for commands, by the worker's settings."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from stream_processors.errors import OperatorError
from stream_processors.settings import WorkerSettings

# What is larger than a broker takes is for the broker to refuse: it knows its limit.
MAX_REQUEST_BYTES: Final = 256 * 1024**2


@asynccontextmanager
async def kafka_producer(settings: WorkerSettings) -> AsyncIterator[AIOKafkaProducer]:
    """Give a producer inside the block; raises OperatorError when Kafka cannot be reached or goes away."""
    producer = AIOKafkaProducer(**_options(settings))
    try:
        await producer.start()
        yield producer
    except KafkaError as error:
        raise OperatorError(
            f"Kafka at {settings.kafka_bootstrap_servers} does not answer as hoped: {type(error).__name__}: {error}\n"
            "Check CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS, then run this again: what is sent twice counts once."
        ) from error
    finally:
        await producer.stop()


def _options(settings: WorkerSettings) -> dict[str, Any]:
    protocol = settings.kafka_security_protocol
    has_tls = "SSL" in protocol.split("_")
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap_servers,
        "security_protocol": protocol,
        "ssl_context": ssl.create_default_context(cafile=settings.kafka_ssl_cafile) if has_tls else None,
        "acks": "all",
        "linger_ms": 5,
        "max_request_size": MAX_REQUEST_BYTES,
    }
    if protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": settings.kafka_sasl_password.get_secret_value(),
        }
    return options
