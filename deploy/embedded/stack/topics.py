"""Create the topic of the events with the settings of the shipped stack."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from deploy.embedded.errors import EmbeddedError

# A record has at most 1 MiB; its batch adds a header, the key and the record's headers.
MAX_BATCH_BYTES = 1024**2 + 64 * 1024
_CONFIGURATION = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(MAX_BATCH_BYTES)}


def create_topic(bootstrap_servers: str, topic: str, partitions: int) -> None:
    """Create the topic unless it exists; may be called with or without a running event loop."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _create(bootstrap_servers, topic, partitions)).result()


async def _create(bootstrap_servers: str, topic: str, partitions: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        wanted = NewTopic(topic, num_partitions=partitions, replication_factor=1, topic_configs=_CONFIGURATION)
        answer = await admin.create_topics([wanted])
    finally:
        await admin.close()
    for name, code, *message in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise EmbeddedError(f"the broker did not create the topic {name}: {error.__name__} {message}")
