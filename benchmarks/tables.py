"""The tables of a run: what was measured, as cells of text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks import emit
from benchmarks.end_to_end import ROLES, Result
from benchmarks.load import Load
from benchmarks.views import Timing
from deploy.embedded.stack import Broker

MILLION: Final = 1_000_000
MIB: Final = 2**20


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the report: its first columns hold names, the others numbers; `note` says how to read it."""

    title: str
    columns: Sequence[str]
    names: int
    rows: Sequence[Sequence[str]]
    note: str


def speed_table(results: Sequence[Result], load: Load) -> Table:
    """Return how fast each contender was."""
    return Table(
        f"Speed: {len(load.records):,} events of {load.mean_bytes:.0f} bytes, {load.conversations:,} conversations",
        (
            "broker",
            "contender",
            "events/s",
            "since first write",
            "since start",
            "seconds",
            "rows a flush",
            "other cores",
        ),
        2,
        [_speed(result) for result in results],
        "events/s and seconds: from the first claim of a partition, when reading begins, until every table and view "
        "has every event; then events/s from the first write on, and from the start of the process on. The results of "
        "a contender that does the whole job were checked: no event was lost, doubled or changed. A floor does one "
        "part of the job alone. Other cores: how many worked for something else than contender, broker and ClickHouse "
        "meanwhile; a run is undisturbed at 0.1.",
    )


def _speed(result: Result) -> Sequence[str]:
    course, flush = result.course, result.course.rows_per_flush
    spans = [course.ended_at - at for at in (course.reading_at, course.writing_at, course.started_at)]
    return (
        *(result.broker, result.contender),
        *(f"{result.events / span:,.0f}" for span in spans),
        f"{spans[0]:.1f}",
        f"{flush:,.0f}" if flush else "",
        f"{result.other_cores:.1f}",
    )


def cost_table(results: Sequence[Result]) -> Table:
    """Return what each contender cost, and what it made others cost."""
    return Table(
        "Cost",
        ("broker", "contender", *(f"CPU {role}" for role in ROLES), *(f"MiB {role}" for role in ROLES)),
        2,
        [_cost(result) for result in results],
        "CPU: seconds a million events, over the same time as events/s. MiB: the most resident memory in that time; "
        "a floor holds all records in memory.",
    )


def _cost(result: Result) -> Sequence[str]:
    costs = [result.costs[role] for role in ROLES]
    return (
        *(result.broker, result.contender),
        *(f"{cost.cpu_seconds / result.events * MILLION:.1f}" for cost in costs),
        *(f"{cost.peak_bytes / MIB:,.0f}" for cost in costs),
    )


def step_table(results: Sequence[Result]) -> Table:
    """Return where the time of the flushes went."""
    rows = [
        (
            *(result.broker, result.contender, step.name, f"{step.times:,}", f"{step.seconds:.2f}"),
            f"{step.seconds / step.times * 1_000:,.0f}",
            f"{step.seconds / result.events * MILLION:.1f}",
        )
        for result in results
        for step in result.course.steps
        if step.times
    ]
    return Table(
        "Time by step",
        ("broker", "contender", "step", "times", "seconds", "ms each", "us an event"),
        3,
        rows,
        "By the clock, summed over the flushes of all partitions. In a worker their steps overlap (`decode` lets "
        "others go on in between, `insert` waits for ClickHouse, `wait` for the insert of the flush before), so the "
        "sum is more than the run; in a floor nothing overlaps but inserts.",
    )


def view_table(timings: Mapping[Broker, Sequence[Timing]], load: Load) -> Table:
    """Return how long the views took, by the broker that the data came through."""
    rows = [
        (broker, each.view, f"{each.median * 1_000:.0f}", f"{each.longest * 1_000:.0f}", str(each.rows))
        for broker, views in timings.items()
        for each in views
    ]
    return Table(
        f"Metric views on {len(load.records):,} events",
        ("broker", "view", "median ms", "longest ms", "rows"),
        2,
        rows,
        "One agent of three, 30 days, time zone Europe/Zagreb, five calls after one that does not count, over HTTP; "
        "right after the run, while ClickHouse may still merge.",
    )


def tracking_table(rows: Sequence[emit.Row]) -> Table:
    """Return what a tracking call costs its caller."""
    return Table(
        "A tracking call of the SDK",
        emit.TITLES,
        1,
        [row.cells() for row in rows],
        "Single calls, timed one by one: back to back (burst), and one each half millisecond (paced).",
    )
