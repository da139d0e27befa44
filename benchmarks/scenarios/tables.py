"""The tables of the other sections: variations, steady rates, views, calls."""

from collections.abc import Sequence
from typing import Final

from benchmarks.harness.tables import Table, cost_cells
from benchmarks.scenarios import emit
from benchmarks.scenarios.end_to_end import Result
from benchmarks.scenarios.steady import Latency
from benchmarks.scenarios.variations import USUAL, Outcome
from benchmarks.scenarios.views import Stored, Timing

COSTS: Final = (
    *("CPU worker", "CPU broker", "CPU clickhouse"),
    *("MiB worker", "MiB broker", "MiB clickhouse"),
)


def variation_table(outcomes: Sequence[Outcome]) -> Table:
    """Return the results of each variation, and its speed as a share of the usual one."""
    usual = next(outcome.result.events_a_second for outcome in outcomes if outcome.variation == USUAL)
    return Table(
        "Variations: the worker alone, catching up",
        (
            *("variation", "events", "bytes", "events/s", "of usual", "flushes", "loaded again"),
            *COSTS,
            "other cores",
        ),
        1,
        [_variation(outcome, usual) for outcome in outcomes],
        "Each variation has its own topic and an empty database; all numbers were checked. Live: the workers own "
        "their partitions before the first event, and the time includes producing the events; compare 2 workers with "
        "1, because all share the same cores. Loaded again: known conversations that were not in memory, so that "
        "their events were loaded from ClickHouse. In that variation one worker wrote as many events before, among "
        "them the first three of each such conversation, and another one took over. CPU: microseconds an event.",
    )


def _variation(outcome: Outcome, usual: float) -> Sequence[str]:
    result = outcome.result
    return (
        *(outcome.variation, f"{result.events:,}", f"{outcome.mean_bytes:,.0f}", f"{result.events_a_second:,.0f}"),
        f"{result.events_a_second / usual:.0%}",
        *(f"{result.run.flushes:,}", f"{result.run.loaded_again:,}", *cost_cells(result)),
        f"{result.other_cores:.1f}",
    )


def steady_table(latencies: Sequence[Latency]) -> Table:
    """Return the latency of events at steady rates."""
    return Table(
        "Steady rates: from the call that sends an event until a metric view shows it",
        (
            *("events/s", "seconds", "probes", "p50 s", "p99 s", "longest s", "flushes", "rows a flush"),
            *COSTS,
            "CPU queries",
            "other cores",
        ),
        0,
        [_steady(latency) for latency in latencies],
        "4 partitions, 1 worker, default settings. Four probes a second are sent to each partition, and the view "
        "`tool_usage` is queried about ten times a second until it shows them. `CPU queries` is what these queries "
        "cost ClickHouse, by a query on empty tables before the run. A flush is made when its oldest record has "
        "waited for a second (CONVOSTREAM_FLUSH_MAX_AGE_SECONDS). All numbers were checked. CPU: microseconds an "
        "event.",
    )


def _steady(latency: Latency) -> Sequence[str]:
    result = latency.without_asking
    return (
        f"{latency.rate:,}",
        f"{result.run.ended_at - result.run.reading_at:.0f}",
        f"{len(latency.seconds):,}",
        *(f"{latency.percentile(percent):.2f}" for percent in (50, 99)),
        f"{max(latency.seconds):.2f}",
        *(f"{result.run.flushes:,}", f"{result.run.rows_per_flush:,.0f}", *cost_cells(result)),
        f"{latency.asking / result.events * 1e6:.1f}",
        f"{result.other_cores:.1f}",
    )


def view_table(timings: Sequence[Timing]) -> Table:
    """Return the time of each view, the sizes side by side."""
    sizes = sorted({timing.events for timing in timings})
    found = {(timing.view, timing.events): timing for timing in timings}
    views = list(dict.fromkeys(timing.view for timing in timings))
    return Table(
        "Metric views by the number of events stored",
        ("view", *(f"{what} at {size:,}" for size in sizes for what in ("median ms", "longest ms")), "rows"),
        1,
        [
            (
                view,
                *(f"{second * 1_000:,.0f}" for size in sizes for second in _seconds(found[view, size])),
                str(found[view, sizes[-1]].rows),
            )
            for view in views
        ],
        "One agent of three over the 30 days of all events; time zone Europe/Zagreb; five queries over HTTP after a "
        "warm-up, when ClickHouse has finished its merges. The whole dashboard: all views, eight queries at a time. "
        "The worker wrote the first 100,000 events; the others are copies as other conversations of other customers "
        "at other times. Every number was checked, and the facts of every 997th conversation were recomputed from "
        "its events.",
    )


def beside_table(stored: Stored, result: Result) -> Table:
    """Return the results of a worker on a large database."""
    run = result.run
    return Table(
        f"A worker beside {stored.events:,} stored events",
        ("events", "ready after s", "events/s", "cached", *COSTS, "other cores"),
        0,
        [
            (
                f"{result.events:,}",
                f"{run.reading_at - run.started_at:.1f}",
                f"{result.events_a_second:,.0f}",
                *(f"{run.cached:,}", *cost_cells(result), f"{result.other_cores:.1f}"),
            )
        ],
        "On the data of the views: a worker that knows all stored conversations (one for ten events) catches up with "
        "new ones. Ready: from the start of the process until it has claimed its partitions. Cached: conversations "
        "in memory at the end. All numbers were checked. CPU: microseconds an event.",
    )


def _seconds(timing: Timing) -> tuple[float, float]:
    return timing.median, timing.longest


def tracking_table(rows: Sequence[emit.Row], left_out: str) -> Table:
    """Return the cost of a tracking call for its caller, compared with the sends of other clients."""
    return Table(
        "A tracking call of the SDK, and the sends of other clients",
        emit.TITLES,
        1,
        [row.cells() for row in rows],
        "Single calls, timed one by one: back to back (burst), and one each half millisecond (paced). A tracking "
        "call builds and validates an event; the other clients send prepared bytes. Down and hung: the SDK starts in "
        "that state, the others need a broker to start. A call of the others is cancelled after a second and counts "
        f"as refused; they have five seconds in all.{left_out}",
    )
