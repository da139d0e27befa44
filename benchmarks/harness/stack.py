"""Where contenders run: a stack in a directory of its own, and topics that are filled before anybody reads them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

from benchmarks.harness.contender import Testbed
from benchmarks.workload.load import Load
from benchmarks.workload.produce import produce
from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.stack import Broker, Stack
from deploy.embedded.stack.topics import create_topic
from sql.address import parse_address
from sql.connection import connect

PARTITIONS: Final = 4
Say: TypeAlias = Callable[[str], None]


@contextmanager
def running_stack(broker: Broker, say: Say) -> Iterator[Stack]:
    """Run ClickHouse and a broker on free ports until the end of the block; nothing of them stays."""
    with TemporaryDirectory(prefix="convostream-benchmark-") as directory:
        settings = StackSettings(
            data_directory=Path(directory),
            kafka_topic="unused",
            stack_partitions=1,
            stack_kafka_port=0,
            stack_clickhouse_port=0,
        )
        say(f"{broker}: starting ClickHouse and the broker")
        with Stack(settings, broker) as stack:
            yield stack


def fill(stack: Stack, broker: Broker, topic: str, load: Load, partitions: int, workers: int, say: Say) -> Testbed:
    """Make a topic, put a load on it, and return the testbed of it."""
    create_topic(stack.broker.address, topic, partitions)
    seconds = produce(stack.broker.address, topic, partitions, load.records)
    say(f"{broker}: produced {len(load.records):,} events, {len(load.records) / seconds:,.0f} a second")
    return Testbed(stack, broker, topic, len(load.records), partitions, workers, stack.clickhouse.log.parents[1])


def empty_the_database(stack: Stack) -> None:
    """Drop the database and make it anew, so that nobody pays for another one's merges."""
    connect(parse_address(stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"])).drop()
    stack.apply_schema()
