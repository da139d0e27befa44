"""The time of each metric view, and of all of them as a dashboard queries them, by the number of stored events.

A worker writes some events, which are then copied inside ClickHouse (`workload/bulk_copy.py`). The queries are for one
agent of three over 30 days, which hold all events: the worst case.
"""

import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from clickhouse_connect.driver.client import Client

from benchmarks.contenders.convostream_worker import ConvostreamWorker
from benchmarks.harness.contender import ContenderFailed
from benchmarks.harness.queries import VIEWS, client_of, statement
from benchmarks.harness.stack import PARTITIONS, Say, empty_the_database, fill
from benchmarks.scenarios.end_to_end import go_on
from benchmarks.workload.bulk_copy import Copies, check_sample
from benchmarks.workload.conversations import AGENTS
from benchmarks.workload.expectations import Numbers, differences, read_numbers
from benchmarks.workload.load import make_load
from deploy.embedded.stack.stack import Broker, Stack

CALLS: Final = 5

# So many events go through the worker; the others are copies.
FIRST: Final = 100_000

# As many queries at once as the dashboard allows itself.
AT_ONCE: Final = 8

ALL: Final = "the whole dashboard"
MERGING_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Timing:
    """The calls of one view on so many events; seconds."""

    view: str
    events: int
    median: float
    longest: float
    rows: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What lies in the database when all views are timed: so many events, and the numbers that views show of them."""

    events: int
    numbers: Numbers


def measure_views(stack: Stack, broker: Broker, sizes: Sequence[int], say: Say) -> tuple[Sequence[Timing], Stored]:
    """Return the timings of each view at each size, the smallest first, and what is stored then; all was checked."""
    timings: list[Timing] = []
    load, environment = make_load(min(FIRST, *sizes)), stack.environment()
    empty_the_database(stack)
    go_on(fill(stack, broker, "views", load, PARTITIONS, 1, say), load, ConvostreamWorker(), say)
    url = environment["CONVOSTREAM_CLICKHOUSE_URL"]
    writer, client = client_of(url), client_of(environment["CONVOSTREAM_CLICKHOUSE_READER_URL"])
    copies = Copies(writer, max(sizes) // len(load.records))
    for size in sorted(sizes):
        say(f"{broker}: copying up to {size:,} events")
        copies.grow(size)
        check_copies(times(load.numbers, copies.copies), client)
        say(f"{broker}: {check_sample(url):,} conversations of the sample are right; calling every view")
        wait_for_merges(writer)
        timings += time_views(client, copies.events)
        timings.append(time_all(environment["CONVOSTREAM_CLICKHOUSE_READER_URL"], copies.events))
    return timings, Stored(copies.events, times(load.numbers, copies.copies))


def times(numbers: Numbers, copies: int) -> Numbers:
    """Return the numbers of so many copies."""
    return {place: number * copies for place, number in numbers.items()}


def check_copies(expected: Numbers, client: Client) -> None:
    """Raise ContenderFailed unless the views show every number."""
    if wrong := differences(expected, read_numbers(client)):
        raise ContenderFailed("the numbers of the copies are wrong:\n" + "\n".join(wrong))


def wait_for_merges(writer: Client) -> None:
    """Wait until ClickHouse has stopped merging, as it has between two bursts; not longer than a minute."""
    deadline = time.monotonic() + MERGING_SECONDS
    while writer.query("SELECT count() FROM system.merges").result_rows[0][0] and time.monotonic() < deadline:
        time.sleep(0.5)


def time_views(client: Client, events: int) -> Sequence[Timing]:
    """Call each view a few times, after one call that does not count."""
    return [_time(client, view, events) for view in VIEWS]


def time_all(url: str, events: int) -> Timing:
    """Call all views at once, as a dashboard does, a few times."""
    clients = [client_of(url) for _ in VIEWS]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        costs = [_call_all(threads, clients) for _ in range(CALLS)]
    return Timing(ALL, events, statistics.median(costs), max(costs), len(VIEWS))


def _call_all(threads: ThreadPoolExecutor, clients: Sequence[Client]) -> float:
    begun = time.perf_counter()
    list(threads.map(lambda client, view: client.query(_question(view)), clients, VIEWS))
    return time.perf_counter() - begun


def _time(client: Client, view: str, events: int) -> Timing:
    rows = len(client.query(_question(view)).result_rows)
    costs = [_call(client, _question(view)) for _ in range(CALLS)]
    return Timing(view, events, statistics.median(costs), max(costs), rows)


def _question(view: str) -> str:
    return statement(view, AGENTS[0], "Europe/Zagreb")


def _call(client: Client, query: str) -> float:
    begun = time.perf_counter()
    client.query(query)
    return time.perf_counter() - begun
