"""Apache Kafka from Maven Central, as `python -m deploy.kafka` runs it."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition

from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.stack import Stack
from deploy.kafka.jars import missing_programs

pytestmark = pytest.mark.kafka
LOG_APPEND_TIME = 1


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    missing = " and ".join(missing_programs())
    if missing and os.environ.get("CI") != "true":
        pytest.skip(f"Apache Kafka needs {missing}, which this machine lacks; CI does test it")
    running = Stack(StackSettings(data_directory=tmp_path_factory.mktemp("kafka")), "kafka")
    try:
        running.start_servers()
        yield running
    finally:
        running.stop()


@pytest.mark.timeout(600)
async def test_the_broker_sets_the_time_and_keeps_records_over_a_restart(own_stack: Stack) -> None:
    before = time.time() * 1000
    async with AIOKafkaProducer(bootstrap_servers=own_stack.broker.address) as producer:
        await producer.send_and_wait("agent-events", b"kept", partition=0, timestamp_ms=1)
    own_stack.broker.kill()
    own_stack.restart(own_stack.broker)
    async with AIOKafkaConsumer(bootstrap_servers=own_stack.broker.address, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition("agent-events", 0)])
        record = await consumer.getone()
    assert (record.value, record.timestamp_type) == (b"kept", LOG_APPEND_TIME)
    assert record.timestamp >= before - 1000


def test_it_listens_on_localhost_only(own_stack: Stack) -> None:
    properties = own_stack.broker.log.parent.parent / "kafka" / "server.properties"
    listeners = next(line for line in properties.read_text().splitlines() if line.startswith("listeners="))
    assert {Path(address).name.split(":")[0] for address in listeners.split(",")} == {"127.0.0.1"}
