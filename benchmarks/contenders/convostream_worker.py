"""This project's worker, as it is shipped: real processes with default settings.

It could read from its first claim of a partition on, and its first write is the first range of the range log; both
times are ClickHouse's. Everything has landed when the range log reaches the end of every partition and as many inserts
have come back as ranges were written: an insert comes back when all views behind it have their rows.
"""

import time
from collections.abc import Sequence
from typing import Final

from clickhouse_connect.driver.client import Client

from benchmarks.contender import Arena, ContenderFailed, Course
from benchmarks.questions import reader
from benchmarks.scrape import Samples, scrape, steps_of
from deploy.embedded.processes import Process

STALLED_SECONDS: Final = 120.0
LONGEST_PAUSE_SECONDS: Final = 1.0
"""Between two looks at the metrics: each costs a worker ten milliseconds, which four a second made felt."""

SHORTEST_PAUSE_SECONDS: Final = 0.1
BEYOND_REACH: Final = 100_000
"""Events a second that no worker reaches: so long as there are more to come, nothing is missed in between."""

LANDED_SQL: Final = (
    "SELECT count() AS ranges, sum(records) AS records FROM"
    " (SELECT max(last) - first + 1 AS records FROM ranges GROUP BY topic, partition, log_epoch, first)"
)
TIMES_SQL: Final = (
    "SELECT (SELECT toUnixTimestamp64Milli(min(claimed_at)) FROM owners) / 1000 AS reading_at,"
    " (SELECT toUnixTimestamp64Milli(min(written_at)) FROM ranges) / 1000 AS writing_at"
)


class ConvostreamWorker:
    """The worker; as many of them share the topic as the arena says."""

    name = "Convostream"
    fills_the_views = True

    def __init__(self) -> None:
        self.processes: Sequence[Process] = ()

    def run(self, arena: Arena) -> Course:
        """Start the workers and wait until everything has landed."""
        self.processes = arena.stack.workers
        started_at = time.time()
        for _ in range(arena.workers):
            arena.stack.add_worker()
        client = reader(arena.stack.environment()["CONVOSTREAM_CLICKHOUSE_READER_URL"])
        self._wait_until_landed(client, arena.events)
        return self._course(client, started_at, time.time())

    def _wait_until_landed(self, client: Client, events: int) -> None:
        deadline, prepared = time.monotonic() + STALLED_SECONDS, 0
        while True:
            samples = self._samples()
            now = int(samples["convostream_events_total", ""] + samples["convostream_repetitions_total", ""])
            if now >= events and has_landed(client, events, samples):
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

    def _course(self, client: Client, started_at: float, ended_at: float) -> Course:
        samples = self._samples()
        (times,) = client.query(TIMES_SQL).named_results()
        flushes = samples["convostream_flush_rows_count", ""]
        return Course(
            started_at,
            times["reading_at"],
            times["writing_at"],
            ended_at,
            steps_of(samples),
            samples["convostream_flush_rows_sum", ""] / flushes,
        )


def has_landed(client: Client, events: int, samples: Samples) -> bool:
    """Tell whether the range log has every event and every insert has come back."""
    (log,) = client.query(LANDED_SQL).named_results()
    return bool(log["records"] >= events and samples["convostream_step_seconds_count", "insert"] >= log["ranges"])
