"""The stack as a library: processes on free ports that can be killed and restarted at their address."""

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import clickhouse_connect
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition

from deploy.embedded.errors import ProcessFailed
from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.stack import Stack

TOPIC = "agent-events"


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(StackSettings(data_directory=tmp_path_factory.mktemp("stack"))) as running:
        yield running


async def _send(own_stack: Stack, value: bytes, timestamp_ms: int | None = None) -> int:
    servers = own_stack.environment()["CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS"]
    async with AIOKafkaProducer(bootstrap_servers=servers, max_request_size=2 * 1024**2) as producer:
        sent = await producer.send_and_wait(TOPIC, value, partition=0, timestamp_ms=timestamp_ms)
    return int(sent.offset)


async def _read(own_stack: Stack, offset: int) -> bytes:
    servers = own_stack.environment()["CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS"]
    async with AIOKafkaConsumer(bootstrap_servers=servers, max_partition_fetch_bytes=4 * 1024**2) as consumer:
        consumer.assign([TopicPartition(TOPIC, 0)])
        consumer.seek(TopicPartition(TOPIC, 0), offset)
        return bytes((await consumer.getone()).value or b"")


def _count_tables(own_stack: Stack) -> int:
    client = clickhouse_connect.get_client(dsn=own_stack.environment()["CONVOSTREAM_CLICKHOUSE_READER_URL"])
    return int(str(client.command("SELECT count() FROM system.tables WHERE database = 'convostream'")))


def test_the_schema_is_there_and_the_reader_sees_it(own_stack: Stack) -> None:
    assert _count_tables(own_stack) > 20


def test_the_settings_name_everything_that_a_program_needs(own_stack: Stack) -> None:
    settings = own_stack.environment()
    assert settings["CONVOSTREAM_KAFKA_TOPIC"] == TOPIC
    assert Path(settings["CONVOSTREAM_GEOIP_DATABASE"]).is_file()
    url = urlsplit(settings["CONVOSTREAM_CLICKHOUSE_URL"])
    assert (url.username, url.hostname, url.path) == ("writer", "127.0.0.1", "/convostream")


async def test_the_topic_has_four_partitions_and_accepts_a_record_of_one_mebibyte(own_stack: Stack) -> None:
    value = b"x" * 1024**2
    assert await _read(own_stack, await _send(own_stack, value)) == value
    servers = own_stack.environment()["CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS"]
    async with AIOKafkaConsumer(TOPIC, bootstrap_servers=servers) as consumer:
        assert consumer.partitions_for_topic(TOPIC) == {0, 1, 2, 3}


def test_a_killed_engine_is_back_at_its_address_with_its_data(own_stack: Stack) -> None:
    before, tables = own_stack.clickhouse.address, _count_tables(own_stack)
    own_stack.clickhouse.kill()
    assert own_stack.clickhouse.pid is None
    own_stack.restart(own_stack.clickhouse)
    assert (own_stack.clickhouse.address, _count_tables(own_stack)) == (before, tables)


async def test_a_killed_broker_is_back_at_its_address_with_an_empty_topic(own_stack: Stack) -> None:
    before = own_stack.broker.address
    await _send(own_stack, b"lost")
    own_stack.broker.kill()
    own_stack.restart(own_stack.broker)
    assert own_stack.broker.address == before
    assert await _send(own_stack, b"first") == 0


def test_a_worker_starts_reports_ready_and_restarts(own_stack: Stack) -> None:
    worker = own_stack.add_worker({"CONVOSTREAM_KAFKA_SESSION_TIMEOUT_SECONDS": "2"})
    first = worker.pid
    assert own_stack.environment()["CONVOSTREAM_METRICS_PORT"] == str(worker.port)
    worker.kill()
    own_stack.restart(worker)
    assert worker.pid not in (None, first)


def test_two_stacks_run_at_once(own_stack: Stack, tmp_path: Path) -> None:
    with Stack(StackSettings(data_directory=tmp_path)) as another:
        assert another.environment().keys() <= own_stack.environment().keys()
        assert another.clickhouse.port != own_stack.clickhouse.port
        assert another.broker.port != own_stack.broker.port
        parts = another.processes
    assert [part.pid for part in parts] == [None, None]


def test_a_process_that_does_not_start_is_explained_and_leaves_nothing_running(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = StackSettings(data_directory=tmp_path, stack_clickhouse_port=taken.getsockname()[1])
        failing = Stack(settings)
        with pytest.raises(ProcessFailed, match=r"(?s)clickhouse ended with code 1:.*Address already in use"):
            failing.__enter__()
    assert [part.pid for part in failing.processes] == [None, None]
