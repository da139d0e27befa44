"""A pipeline beside this project: a program of its own that does the small job on the same topic.

It could read from its first record on, and has ended when table and view hold every event. That is kind to it: what
it did before its first record does not count.
"""

import importlib.util
import re
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.client import Client

from benchmarks.contenders import small_tables
from benchmarks.harness.contender import ContenderFailed, RunTimes, Testbed
from benchmarks.harness.queries import client_of
from benchmarks.workload.load import Load
from deploy.embedded.settings import ROOT
from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.stack import Broker

STALLED_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.1
OWN_ENVIRONMENT: Final = ROOT / ".venv/quixstreams/bin/python"

# Faust puts a time before what a program prints.
_READING: Final = re.compile(r"\breading (\d+\.\d+)")
WRITING_SQL: Final = "SELECT toUnixTimestamp64Milli(min(inserted_at)) / 1000 FROM events"


class Pipeline:
    """The program `benchmarks.contenders.<module>`, which needs a package; some need an environment of their own."""

    job = "small"

    def __init__(
        self,
        name: str,
        module: str,
        package: str,
        *,
        own_environment: bool = False,
        fails_on: Mapping[Broker, str] | None = None,
    ) -> None:
        self.name = name
        self.processes: Sequence[Process] = ()
        self.module = module
        self._package = package
        self._fails_on = fails_on or {}
        self._python = OWN_ENVIRONMENT if own_environment else Path(sys.executable)

    def missing(self, broker: Broker) -> str | None:
        """Say what is not installed, or why it fails on a broker."""
        own = self._python == OWN_ENVIRONMENT
        is_there = OWN_ENVIRONMENT.exists() if own else importlib.util.find_spec(self._package) is not None
        return self._fails_on.get(broker) if is_there else f"{self._package} is not installed (make bench does it)"

    def run(self, testbed: Testbed) -> RunTimes:
        """Start the program and wait until table and view have every event."""
        url = testbed.environment()["CONVOSTREAM_CLICKHOUSE_URL"]
        client = small_tables.make_database(url)
        own = {
            "CONVOSTREAM_CLICKHOUSE_URL": small_tables.database_url(url),
            "BENCHMARK_STATE_DIRECTORY": str(testbed.directory / self.module),
        }
        program = Process(
            self.module,
            lambda _: [str(self._python), "-m", f"benchmarks.contenders.{self.module}", *self._arguments()],
            testbed.directory / "logs" / f"{self.module}.log",
            {**testbed.environment(), **own},
        )
        self.processes = [program]
        started_at = time.time()
        program.start()
        _wait_until_landed(program, client, testbed.events)
        ended_at = time.time()
        writing_at = float(client.query(WRITING_SQL).result_rows[0][0])
        return RunTimes(started_at, _reading_at(program.log), writing_at, ended_at)

    def check(self, testbed: Testbed, load: Load) -> None:
        """Count what is in its tables."""
        url = small_tables.database_url(testbed.environment()["CONVOSTREAM_CLICKHOUSE_URL"])
        small_tables.check(client_of(url), load)

    def _arguments(self) -> Sequence[str]:
        return ["worker", "--loglevel", "warn", "--without-web"] if self._package == "faust" else []


def _wait_until_landed(program: Process, client: Client, events: int) -> None:
    deadline, before = time.monotonic() + STALLED_SECONDS, 0
    while (now := small_tables.landed(client)) < events:
        if now > before:
            deadline, before = time.monotonic() + STALLED_SECONDS, now
        if program.pid is None or time.monotonic() > deadline:
            said = "\n".join(program.last_lines(40))
            raise ContenderFailed(f"{program.name} stands still at {now:,} events, exit {program.exit_code}\n{said}")
        time.sleep(PAUSE_SECONDS)


def _reading_at(log: Path) -> float:
    return float(_READING.findall(log.read_text(errors="replace"))[-1])
