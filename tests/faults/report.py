"""Print a line for each fault with its recovery time, a line for each round, and a summary."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import click


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """A fault that was injected; `recovery` is None if the next one started before the workers had recovered."""

    name: str
    recovery: float | None


@dataclass(slots=True)
class Outcome:
    """The result of one round."""

    seed: int
    faults: list[InjectedFault] = field(default_factory=list)
    events: int = 0
    dead_letters: int = 0
    lost_with_the_log: int = 0
    rebalances: int = 0
    deaths: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def what_is_wrong(checks: Sequence[tuple[bool, str]]) -> list[str]:
    """Return the texts of the checks that failed."""
    return [text for is_wrong, text in checks if is_wrong]


def mebibytes(size: int) -> str:
    """Format a size in bytes."""
    return f"{size / 2**20:.0f} MiB"


def fault_line(at: float, fault: InjectedFault) -> None:
    """Print a fault, when it was injected, and its recovery time."""
    recovery = "the next fault follows at once" if fault.recovery is None else f"recovered in {fault.recovery:.1f} s"
    click.echo(f"  {at:6.1f} s  {fault.name:<70} {recovery}")


def round_line(number: int, outcome: Outcome, kept: Path | None) -> None:
    """Print the result of a round, with the seed that repeats it."""
    click.echo(
        f"round {number}, seed {outcome.seed}: {outcome.events:,} events, {outcome.dead_letters:,} dead letters,"
        f" {len(outcome.faults)} faults, {outcome.rebalances} rebalances, {outcome.lost_with_the_log} records lost with"
        f" their log: {f'{len(outcome.wrong)} DIFFERENCES' if outcome.wrong else 'no difference'}"
    )
    for death in outcome.deaths:
        click.echo(f"  a worker ended by itself: {death}")
    for wrong in outcome.wrong[:20]:
        click.echo(f"  DIFFERENT {wrong[:2000]}")
    if kept is not None:
        click.echo(f"  data and logs are kept in {kept}")


def summary(outcomes: list[Outcome]) -> None:
    """Print the totals of the run."""
    names = Counter(part for outcome in outcomes for each in outcome.faults for part in each.name.split(" + "))
    times = sorted(each.recovery for outcome in outcomes for each in outcome.faults if each.recovery is not None)
    click.echo(f"rounds {len(outcomes)}, faults {sum(names.values())}:")
    for name, count in names.most_common():
        click.echo(f"  {count:4} {name}")
    click.echo(
        f"events {sum(o.events for o in outcomes):,}, dead letters {sum(o.dead_letters for o in outcomes):,},"
        f" rebalances {sum(o.rebalances for o in outcomes)}, workers that ended by themselves"
        f" {sum(len(o.deaths) for o in outcomes)}, differences {sum(len(o.wrong) for o in outcomes)}"
    )
    if times:
        click.echo(f"recovery: median {median(times):.1f} s, worst {times[-1]:.1f} s")
