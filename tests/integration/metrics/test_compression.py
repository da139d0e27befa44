"""Records that a producer has compressed with any of Kafka's codecs are counted."""

import asyncio
import json
import uuid

import pytest
from aiokafka import AIOKafkaProducer

from tests.support.stack.harness import Harness, unique_agent

pytestmark = pytest.mark.brokers("embedded", "kafka")

CODECS = ["gzip", "lz4", "snappy", "zstd"]


async def _send(harness: Harness, agent: str, codec: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=harness.log.bootstrap, compression_type=codec, acks="all")
    await producer.start()
    try:
        for number in range(20):
            event = {
                "event_id": str(uuid.uuid4()),
                "type": "message",
                "agent_id": agent,
                "conversation_id": f"chat-{number}",
                "occurred_at": "2026-04-01T12:00:00Z",
                "sender": "end_user",
                "content": "the same words again and again " * 20,
            }
            key = f"{agent}/chat-{number}".encode()
            await producer.send(harness.log.topic, json.dumps(event).encode(), key=key)
    finally:
        await producer.stop()


@pytest.mark.parametrize("codec", CODECS)
def test_compressed_records_are_counted(harness: Harness, codec: str) -> None:
    agent = unique_agent(codec)
    asyncio.run(_send(harness, agent, codec))
    harness.drain()
    count = "SELECT count() FROM events WHERE agent_id = {agent:String}"
    assert harness.rows(count, agent=agent) == [(20,)]
