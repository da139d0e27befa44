"""How long each metric view takes on the data of the end-to-end benchmark, as a reader over HTTP sees it."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clickhouse_connect.driver.client import Client

from benchmarks.conversations import AGENTS
from benchmarks.questions import VIEWS, statement

CALLS: Final = 5


@dataclass(frozen=True, slots=True)
class Timing:
    """The calls of one view, for one agent and 30 days; seconds."""

    view: str
    median: float
    longest: float
    rows: int


def time_views(client: Client) -> Sequence[Timing]:
    """Call each view a few times, after one call that does not count."""
    return [_time(client, view) for view in VIEWS]


def _time(client: Client, view: str) -> Timing:
    query = statement(view, AGENTS[0], "Europe/Zagreb")
    rows = len(client.query(query).result_rows)
    costs = [_call(client, query) for _ in range(CALLS)]
    return Timing(view, statistics.median(costs), max(costs), rows)


def _call(client: Client, query: str) -> float:
    begun = time.perf_counter()
    client.query(query)
    return time.perf_counter() - begun
