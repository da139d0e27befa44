"""The tables of the end-to-end part: what was measured, as cells of text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.contenders.registry import VANILLA_FAUST
from benchmarks.scenarios.end_to_end import ROLES, Result
from benchmarks.workload.load import Load
from deploy.embedded.stack.stack import Broker

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


def speed_table(results: Sequence[Result], load: Load, left_out: Mapping[tuple[Broker, str], str]) -> Table:
    """Return how fast each contender was; `left_out` says why one is not there."""
    ratios = ratios_to(VANILLA_FAUST, results)
    missing = "".join(f" Left out on {broker}: {name} ({why})." for (broker, name), why in left_out.items())
    return Table(
        f"Speed: {len(load.records):,} events of {load.mean_bytes:.0f} bytes, {load.conversations:,} conversations",
        (
            *("broker", "contender", "job", "events/s", "to vanilla Faust", "since first write", "since start"),
            *("seconds", "rows a flush", "other cores"),
        ),
        3,
        [_speed(result, ratio) for result, ratio in zip(results, ratios, strict=True)],
        "The jobs are not the same. **whole**: contract, repetitions, places, sessions, escalations, response "
        "times, signed facts that stay right under disorder, exactly-once effect, all tables and views; checked, no "
        "event lost, doubled or changed. **small**: the same models, the country, the time from question to answer, "
        "one row an event and two views; a crash or a repetition doubles rows, and what is asked lies in memory "
        "(Quix Streams: in its state). **part**: one step of the whole job alone. events/s and seconds: from when "
        "reading begins (whole: first claim of a partition; small: first record) until every table and view has "
        "every event; then events/s from the first write on, and from the start of the process on. Other cores: how "
        f"many worked for something else meanwhile; a run is undisturbed at 0.1.{missing}",
    )


def ratios_to(name: str, results: Sequence[Result]) -> Sequence[str]:
    """Return how many times faster each was than the contender of this name on the same broker."""
    reference = {result.broker: result.events_a_second for result in results if result.contender == name}
    return [
        f"{result.events_a_second / reference[result.broker]:.1f}"
        if result.broker in reference and result.job != "part"
        else ""
        for result in results
    ]


def _speed(result: Result, ratio: str) -> Sequence[str]:
    run, flush = result.run, result.run.rows_per_flush
    return (
        *(result.broker, result.contender, result.job, f"{result.events_a_second:,.0f}", ratio),
        *(f"{result.events / (run.ended_at - at):,.0f}" for at in (run.writing_at, run.started_at)),
        f"{run.ended_at - run.reading_at:.1f}",
        f"{flush:,.0f}" if flush else "",
        f"{result.other_cores:.1f}",
    )


def cost_table(results: Sequence[Result]) -> Table:
    """Return what each contender cost, and what it made others cost."""
    return Table(
        "Cost",
        ("broker", "contender", *(f"CPU {role}" for role in ROLES), *(f"MiB {role}" for role in ROLES)),
        2,
        [(result.broker, result.contender, *cost_cells(result)) for result in results],
        "CPU: seconds a million events, which is microseconds an event, over the same time as events/s. MiB: the most "
        "resident memory in that time; a floor holds all records in memory.",
    )


def cost_cells(result: Result) -> Sequence[str]:
    """Return processor time and memory of all roles."""
    return (
        *(f"{result.cpu_microseconds(role):.1f}" for role in ROLES),
        *(f"{result.costs[role].peak_bytes / MIB:,.0f}" for role in ROLES),
    )


def step_table(results: Sequence[Result], title: str = "Time by step") -> Table:
    """Return where the time of the flushes went."""
    rows = [
        (
            *(result.broker, result.contender, step.name, f"{step.times:,}", f"{step.seconds:.2f}"),
            f"{step.seconds / step.times * 1_000:,.0f}",
            f"{step.seconds / result.events * MILLION:.1f}",
        )
        for result in results
        for step in result.run.steps
        if step.times
    ]
    return Table(
        title,
        ("broker", "contender", "step", "times", "seconds", "ms each", "us an event"),
        3,
        rows,
        "By the clock, summed over the flushes of all partitions, from the metric `convostream_step_seconds`. In a "
        "worker steps overlap (`decode` lets others go on in between, `insert` waits for ClickHouse, `wait` for the "
        "insert of the flush before), so the sum is more than the run; in a floor nothing overlaps but inserts.",
    )
