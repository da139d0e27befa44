"""`python -m benchmarks`: one command from nothing to the tables; `README.md` says how to read them."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console

from benchmarks import sizing
from benchmarks.harness import coefficients
from benchmarks.harness.contender import ContenderFailed
from benchmarks.harness.machine import describe
from benchmarks.harness.plan import BROKERS, FULL, SECTIONS, USUAL, Section
from benchmarks.harness.report import markdown, show, write_figures, write_results
from benchmarks.harness.tables import Table
from benchmarks.scenarios.sections import Sections
from deploy.embedded.errors import EmbeddedError
from deploy.embedded.stack.stack import Broker
from deploy.kafka.jars import missing_programs
from sql.errors import SchemaError

console = Console() if sys.stdout.isatty() else Console(width=200)


def chosen_brokers(text: str) -> tuple[Broker, ...]:
    """Return the brokers that a list names; where Apache Kafka cannot run, the embedded one takes its place."""
    names = [name.strip() for name in text.split(",")]
    if unknown := [name for name in names if name not in BROKERS]:
        raise click.BadParameter(f"{', '.join(unknown)}: allowed are {' and '.join(BROKERS)}, parted by a comma")
    missing = missing_programs() if "kafka" in names else []
    if missing:
        console.print(f"[yellow]Apache Kafka is left out: this machine lacks {' and '.join(missing)}[/]")
        names = ["embedded"]
    return tuple(broker for broker in BROKERS if broker in names)


@click.command(context_settings={"show_default": True, "help_option_names": ["-h", "--help"]})
@click.option("--full", is_flag=True, help="Everything: both brokers, 2,000,000 events, 30,000,000 for the views.")
@click.option("--only", multiple=True, type=click.Choice(SECTIONS), help="One section alone; may be repeated.")
@click.option("--events", type=click.IntRange(min=1_000), help="Events of end-to-end.  [default: 400,000]")
@click.option(
    "--variation-events", type=click.IntRange(min=1_000), help="Events of each variation.  [default: 200,000]"
)
@click.option(
    "--rate", "rates", multiple=True, type=click.IntRange(min=100), help="Events/s of steady.  [default: 2,000 10,000]"
)
@click.option("--seconds", "steady_seconds", type=click.IntRange(min=5), help="Seconds of each rate.  [default: 20]")
@click.option(
    "--view-size",
    "view_sizes",
    multiple=True,
    type=click.IntRange(min=1_000),
    help="Events of views.  [default: 1 and 10 million]",
)
@click.option("--calls", type=click.IntRange(min=100), help="Tracking calls of each kind.  [default: 5,000]")
@click.option("--brokers", help="Of end-to-end, in this order: embedded, kafka.  [default: kafka; of --full both]")
@click.option("--write", is_flag=True, help="Write the figures to README.md and coefficients.json.")
def main(full: bool, only: Sequence[Section], brokers: str | None, write: bool, **sizes: Any) -> None:
    """Measure how fast events get from a full topic into every table and view, and what that costs.

    Everything runs on this machine, on free ports, in a directory that is removed at the end: ClickHouse, the brokers,
    this project's worker and other pipelines; steady rates; every metric view; and what a tracking call of the SDK
    costs its caller. The tables are printed, and written to benchmarks/results.md. Needs Linux.

    \b
    Examples:
      python -m benchmarks
      python -m benchmarks --full --write
      python -m benchmarks --only end-to-end --events 20000 --brokers embedded
      python -m benchmarks --only views --view-size 10000000
    """
    if write and only:
        raise click.UsageError("--write replaces all figures, so it needs all sections: omit --only")
    given = {name: value for name, value in sizes.items() if value}
    usual = FULL if full else USUAL
    plan = replace(usual, brokers=chosen_brokers(brokers or ",".join(usual.brokers)), **given)
    facts = describe(datetime.now(UTC), sys.argv[1:])
    sections = Sections(plan, say)
    tables = [table for name in SECTIONS if name in (only or SECTIONS) for table in run(sections, name)]
    if costs := sections.costs(facts):
        tables.append(sizing.table(costs))
        show(console, tables[-1])
    write_results(markdown(facts, tables))
    if write and costs:
        write_figures(markdown(facts, tables, level=3))
        coefficients.write(costs)


def run(sections: Sections, name: Section) -> Sequence[Table]:
    """Run a section and show its tables."""
    tables: Sequence[Table] = getattr(sections, name.replace("-", "_"))()
    for table in tables:
        show(console, table)
    return tables


def say(text: str) -> None:
    """Print what is being done."""
    console.print(text, style="dim", highlight=False)


if __name__ == "__main__":
    try:
        main()
    except (ContenderFailed, EmbeddedError, SchemaError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
