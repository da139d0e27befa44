"""The worker of this project as it is shipped: real processes with default settings.

It could read from its first claim of a partition on, and its first write is the first range of the range log; both
times are ClickHouse's. Everything has landed when the range log reaches the end of every partition and as many inserts
have come back as ranges were written: an insert comes back when all views behind it have their rows.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from clickhouse_connect.driver.client import Client

from benchmarks.harness.contender import ContenderFailed, RunTimes, Testbed
from benchmarks.harness.scrape import Samples, scrape, steps_of
from benchmarks.workload.expectations import differences, read_numbers
from benchmarks.workload.load import Load
from deploy.embedded.settings import ROOT
from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.stack import Broker

STALLED_SECONDS: Final = 120.0

# Between two looks at the metrics: each costs a worker ten milliseconds, which four a second made felt.
LONGEST_PAUSE_SECONDS: Final = 1.0

# Each record that was read counts in one of these.
RECORDS: Final = ("convostream_events_total", "convostream_repetitions_total", "convostream_dead_letters_total")

SHORTEST_PAUSE_SECONDS: Final = 0.1

# Events a second that no worker reaches: so long as there are more to come, nothing is missed in between.
BEYOND_REACH: Final = 100_000

LANDED_SQL: Final = (
    "SELECT count() AS ranges, sum(records) AS records FROM"
    " (SELECT max(last) - first + 1 AS records FROM ranges WHERE topic = {topic:String}"
    " GROUP BY topic, partition, log_epoch, first)"
)
TIMES_SQL: Final = (
    "SELECT (SELECT toUnixTimestamp64Milli(min(claimed_at)) FROM owners"
    " WHERE topic = {topic:String} AND claimed_at >= {since:DateTime64(3)}) / 1000 AS reading_at,"
    " (SELECT toUnixTimestamp64Milli(min(written_at)) FROM ranges"
    " WHERE topic = {topic:String} AND written_at >= {since:DateTime64(3)} AND confirmed = 0) / 1000 AS writing_at"
)


@dataclass(frozen=True, slots=True)
class Landed:
    """What the range log has of a topic."""

    ranges: int
    records: int


@dataclass(frozen=True, slots=True)
class Start:
    """When the workers were started, and what had landed before."""

    client: Client
    at: float
    landed: Landed


class ConvostreamWorker:
    """The worker; as many of them share the topic as the testbed says."""

    name = "Convostream"
    job = "whole"

    def __init__(self) -> None:
        self.processes: Sequence[Process] = ()

    def missing(self, broker: Broker) -> str | None:
        """Return None: the worker can always run."""
        return None

    def run(self, testbed: Testbed) -> RunTimes:
        """Start the workers and wait until everything has landed."""
        return self.finish(testbed, self.start(testbed))

    def start(self, testbed: Testbed) -> Start:
        """Start the workers; when they are ready they own their partitions."""
        testbed.stack.workers.clear()
        self.processes = testbed.stack.workers
        client = testbed.writer()
        start = Start(client, time.time(), landed(client, testbed.topic))
        for _ in range(testbed.workers):
            testbed.stack.add_worker({"CONVOSTREAM_KAFKA_TOPIC": testbed.topic})
        return start

    def finish(self, testbed: Testbed, start: Start) -> RunTimes:
        """Wait until everything has landed, and return how it went."""
        self._wait_until_landed(start.client, testbed, start.landed)
        return self._run_times(start.client, testbed, start.at, time.time())

    def check(self, testbed: Testbed, load: Load) -> None:
        """Compare the views with what was sent, and let the worker's own audit fold every stored event anew."""
        client = testbed.reader()
        if wrong := differences(load.numbers, read_numbers(client)):
            raise ContenderFailed("the numbers are wrong:\n" + "\n".join(wrong))
        command = [sys.executable, "-m", "stream_processors", "audit"]
        environment = {**os.environ, **testbed.environment()}
        audit = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if audit.returncode:
            raise ContenderFailed(f"the audit is not clean:\n{audit.stdout}{audit.stderr}")

    def _wait_until_landed(self, client: Client, testbed: Testbed, before: Landed) -> None:
        deadline, prepared, events = time.monotonic() + STALLED_SECONDS, 0, testbed.events
        while True:
            samples = self._samples()
            now = int(sum(samples[name, ""] for name in RECORDS))
            if now >= events and self._has_landed(landed(client, testbed.topic), before, events, samples):
                return
            if now > prepared:
                deadline, prepared = time.monotonic() + STALLED_SECONDS, now
            if time.monotonic() > deadline:
                raise self._failed(f"stands still at {prepared:,} events")
            time.sleep(min(LONGEST_PAUSE_SECONDS, max(SHORTEST_PAUSE_SECONDS, (events - now) / BEYOND_REACH)))

    def _samples(self) -> Samples:
        try:
            return scrape(worker.port for worker in self.processes)
        except OSError as error:
            raise self._failed(f"does not answer any more ({error})") from error

    def _failed(self, what: str) -> ContenderFailed:
        said = [f"{worker.name} | {line}" for worker in self.processes for line in worker.last_lines(40)]
        codes = ", ".join(f"{worker.name} {worker.exit_code}" for worker in self.processes)
        return ContenderFailed(f"a worker {what}; exit codes: {codes}\n" + "\n".join(said))

    @staticmethod
    def _has_landed(now: Landed, before: Landed, events: int, samples: Samples) -> bool:
        """Tell whether the range log has every event and every insert has come back."""
        inserts = samples["convostream_step_seconds_count", "insert"]
        return now.records - before.records >= events and inserts >= now.ranges - before.ranges

    def _run_times(self, client: Client, testbed: Testbed, started_at: float, ended_at: float) -> RunTimes:
        samples = self._samples()
        since = datetime.fromtimestamp(started_at, UTC)
        (times,) = client.query(TIMES_SQL, parameters={"topic": testbed.topic, "since": since}).named_results()
        flushes = samples["convostream_flush_rows_count", ""]
        return RunTimes(
            started_at,
            times["reading_at"],
            times["writing_at"],
            ended_at,
            steps_of(samples),
            samples["convostream_flush_rows_sum", ""] / flushes,
            int(flushes),
            int(samples["convostream_cache_misses_total", ""]),
            int(samples["convostream_cached_conversations", ""]),
        )


def landed(client: Client, topic: str) -> Landed:
    """Return what has landed of a topic."""
    (row,) = client.query(LANDED_SQL, parameters={"topic": topic}).named_results()
    return Landed(row["ranges"], row["records"])
