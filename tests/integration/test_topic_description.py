"""A topic that was deleted and created again has another id, on both brokers."""

import asyncio
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.embedded.stack.stack import Stack
from deploy.embedded.stack.topics import create_topic
from stream_processors.kafka.source import TopicDescription
from stream_processors.kafka.topic_metadata import describe_topic

pytestmark = pytest.mark.brokers("embedded", "kafka")


async def described_by(bootstrap: str, topic: str) -> TopicDescription:
    """Return the broker's description of a topic, once it knows the topic."""
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer, asyncio.timeout(20):
        while True:
            try:
                return await describe_topic(consumer._client, topic)
            except KafkaError:
                await asyncio.sleep(0.1)


async def delete(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.delete_topics([topic])
    await admin.close()


async def test_a_topic_that_is_created_again_has_another_id_and_its_own_partitions(stack: Stack) -> None:
    bootstrap, topic = stack.broker.address, f"described-{uuid4()}"
    create_topic(bootstrap, topic, 3)
    first, again = await described_by(bootstrap, topic), await described_by(bootstrap, topic)
    assert first == again
    await delete(bootstrap, topic)
    create_topic(bootstrap, topic, 5)
    other = await described_by(bootstrap, topic)
    assert (first.partitions, other.partitions) == (3, 5)
    assert None not in (first.topic_id, other.topic_id)
    assert first.topic_id != other.topic_id
