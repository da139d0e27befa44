"""The tables of the end-to-end section: measurements as cells of text."""

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
    """Return the speed of each contender; `left_out` has the reasons of those that did not run."""
    ratios = ratios_to(VANILLA_FAUST, results)
    missing = "".join(skipped(broker, name, why) for (broker, name), why in left_out.items())
    return Table(
        f"Speed: {len(load.records):,} events of {load.mean_bytes:.0f} bytes, {load.conversations:,} conversations",
        (
            *("broker", "contender", "job", "events/s", "to vanilla Faust", "since first write", "since start"),
            *("seconds", "rows a flush", "other cores"),
        ),
        3,
        [_speed(result, ratio) for result, ratio in zip(results, ratios, strict=True)],
        "The contenders do different jobs. **whole**: the contract, duplicates, places, sessions, escalations, "
        "response times, facts that stay exact in any order of events, exactly-once writes, all tables and views; "
        "the result was checked. **small**: the same models, the country, the response time, one row an event and two "
        "views; a crash or a duplicate doubles rows, and open questions are kept in memory (Quix Streams: in its "
        "state). **part**: one step of the whole job. events/s and seconds run from the start of reading (whole: the "
        "first claim of a partition; small: the first record) until every table and view has every event; the next "
        "columns start at the first write and at the start of the process. Other cores: the processors that other "
        f"programs used meanwhile; a run is undisturbed at 0.1.{missing}",
    )


def skipped(broker: Broker, name: str, reason: str) -> str:
    """Return the sentence about a contender that did not run."""
    return f" Skipped on {broker}: {name} ({reason})."


def ratios_to(name: str, results: Sequence[Result]) -> Sequence[str]:
    """Return the speed of each as a multiple of a contender's on the same broker."""
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
    """Return the processor time and memory of each contender, and of the servers that it used."""
    return Table(
        "Cost",
        ("broker", "contender", *(f"CPU {role}" for role in ROLES), *(f"MiB {role}" for role in ROLES)),
        2,
        [(result.broker, result.contender, *cost_cells(result)) for result in results],
        "CPU: microseconds an event, over the same time as events/s. MiB: the peak of resident memory in that time; a "
        "floor holds all records in memory.",
    )


def cost_cells(result: Result) -> Sequence[str]:
    """Return processor time and memory of all roles."""
    return (
        *(f"{result.cpu_microseconds(role):.1f}" for role in ROLES),
        *(f"{result.costs[role].peak_bytes / MIB:,.0f}" for role in ROLES),
    )


def step_table(results: Sequence[Result], title: str = "Time by step") -> Table:
    """Return the time of each step of the flushes."""
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
        "Wall-clock time of all flushes of all partitions, from the metric `convostream_step_seconds`. Steps of a "
        "worker overlap: `decode` yields to other tasks, `insert` waits for ClickHouse, `wait` for the previous "
        "insert. So their sum exceeds the time of the run. In a floor only inserts overlap.",
    )
