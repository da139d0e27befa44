"""What runs in the end-to-end benchmark: a contender takes the events of a topic to the end of its job.

Every contender gets the same topic, filled before, and a database without a row. To add one, write a module in
`contenders` with a class of this form, and name it in `contenders/registry.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from clickhouse_connect.driver.client import Client

from benchmarks.harness.queries import client_of
from benchmarks.workload.load import Load
from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.stack import Broker, Stack


@dataclass(frozen=True, slots=True)
class Testbed:
    """Where a contender runs, and on how many events; `topic` is full and the database is empty."""

    stack: Stack
    broker: Broker
    topic: str
    events: int
    partitions: int
    workers: int
    directory: Path

    def environment(self) -> Mapping[str, str]:
        """Return the addresses and the topic, as settings."""
        return self.stack.environment() | {"CONVOSTREAM_KAFKA_TOPIC": self.topic}

    def reader(self) -> Client:
        """Return a read-only client of ClickHouse, which sees the metric views."""
        return client_of(self.environment()["CONVOSTREAM_CLICKHOUSE_READER_URL"])

    def writer(self) -> Client:
        """Return a client of ClickHouse that sees the range log and the claims too."""
        return client_of(self.environment()["CONVOSTREAM_CLICKHOUSE_URL"])


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a contender's work: how often it was done, and how many seconds that took in all."""

    name: str
    times: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RunTimes:
    """How a run went, in seconds since 1970.

    `started_at`: its processes were started; `reading_at`: it could read; `writing_at`: its first write; `ended_at`:
    everything had arrived everywhere.
    """

    started_at: float
    reading_at: float
    writing_at: float
    ended_at: float
    steps: Sequence[Step] = ()
    rows_per_flush: float = 0.0
    flushes: int = 0

    # Conversations that were known but not in memory.
    loaded_again: int = 0

    # Conversations in memory at the end.
    cached: int = 0


class Contender(Protocol):
    """One way to take events from the topic to the tables, or a part of it."""

    @property
    def name(self) -> str:
        """What it is called in tables."""
        ...

    @property
    def job(self) -> str:
        """How much of the job it does: `whole`, `small`, `part`."""
        ...

    @property
    def processes(self) -> Sequence[Process]:
        """The processes that do its work, whose cost is measured; none before `run`."""
        ...

    def missing(self, broker: Broker) -> str | None:
        """Return why it cannot run here, None when it can."""
        ...

    def run(self, testbed: Testbed) -> RunTimes:
        """Do the job to its end; raises ContenderFailed when it does not get there. Its processes may run on."""
        ...

    def check(self, testbed: Testbed, load: Load) -> None:
        """Raise ContenderFailed unless what it wrote is what was sent."""
        ...


class ContenderFailed(Exception):
    """A contender ended early, stood still, or left wrong numbers; the message says what it said last."""
