"""End to end: on each broker the contenders take the same events from a full topic to the tables, one after the other.

The events are on the topic before a contender starts: it catches up. The broker keeps running between contenders; the
database is dropped and made anew, so that nobody pays for another one's merges.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

from benchmarks.contender import Arena, Contender, ContenderFailed, Course
from benchmarks.expectations import differences, read_numbers
from benchmarks.footprints import MACHINE, Footprints, Groups
from benchmarks.load import Load
from benchmarks.produce import produce
from benchmarks.questions import reader
from deploy.embedded.settings import ROOT, StackSettings
from deploy.embedded.stack import Broker, Stack
from sql.connection import connect, parse_address

TOPIC: Final = "agent-events"
ROLES: Final = ("contender", "broker", "clickhouse")
Say: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a role's processes used from `reading_at` to `ended_at`."""

    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Result:
    """A contender's run on a broker; `other_cores` is how many cores worked for somebody else meanwhile."""

    broker: Broker
    contender: str
    events: int
    course: Course
    costs: Mapping[str, Cost]
    other_cores: float


@contextmanager
def arena(broker: Broker, load: Load, partitions: int, workers: int, say: Say) -> Iterator[Arena]:
    """Run a stack in a directory of its own, and put the load on its topic."""
    with TemporaryDirectory(prefix="convostream-benchmark-") as name:
        directory = Path(name)
        settings = StackSettings(
            data_directory=directory,
            kafka_topic=TOPIC,
            stack_partitions=partitions,
            stack_kafka_port=0,
            stack_clickhouse_port=0,
        )
        say(f"{broker}: starting ClickHouse and the broker")
        with Stack(settings, broker) as stack:
            say(f"{broker}: producing {len(load.records):,} events")
            seconds = produce(stack.broker.address, TOPIC, partitions, load.records)
            say(f"{broker}: produced {len(load.records) / seconds:,.0f} events/s")
            yield Arena(stack, broker, TOPIC, len(load.records), partitions, workers, directory)


def compete(place: Arena, load: Load, contender: Contender, say: Say) -> Result:
    """Let a contender run on an empty database and return its result, once its numbers were found to be right."""
    say(f"{place.broker}: {contender.name}")
    _empty_the_database(place.stack)
    with Footprints(lambda: _groups(contender, place.stack)) as footprints:
        course = contender.run(place)
    if contender.fills_the_views:
        say(f"{place.broker}: {contender.name}: checking every number")
        check(place.stack, load)
    for process in contender.processes:
        process.stop()
    costs = {role: _cost(footprints, role, course) for role in ROLES}
    machine = _cost(footprints, MACHINE, course).cpu_seconds
    others = (machine - sum(cost.cpu_seconds for cost in costs.values())) / (course.ended_at - course.reading_at)
    return Result(place.broker, contender.name, place.events, course, costs, max(0.0, others))


def check(stack: Stack, load: Load) -> None:
    """Raise ContenderFailed unless the views show what was sent and the audit finds nothing."""
    client = reader(stack.environment()["CONVOSTREAM_CLICKHOUSE_READER_URL"])
    if wrong := differences(load.numbers, read_numbers(client)):
        raise ContenderFailed("the numbers are wrong:\n" + "\n".join(wrong))
    environment = os.environ | stack.environment()
    command = [sys.executable, "-m", "stream_processors", "audit"]
    audit = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if audit.returncode:
        raise ContenderFailed(f"the audit is not clean:\n{audit.stdout}{audit.stderr}")


def _empty_the_database(stack: Stack) -> None:
    connect(parse_address(stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"])).drop()
    stack.apply_schema()


def _groups(contender: Contender, stack: Stack) -> Groups:
    processes = {"contender": contender.processes, "broker": [stack.broker], "clickhouse": [stack.clickhouse]}
    return {role: [process.pid for process in own if process.pid] for role, own in processes.items()}


def _cost(footprints: Footprints, role: str, course: Course) -> Cost:
    span = (course.reading_at, course.ended_at)
    return Cost(footprints.cpu_seconds(role, *span), footprints.peak_bytes(role, *span))
