"""`python -m benchmarks`: one command from nothing to the tables; `README.md` says how to read them."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias, get_args

import click
from rich.console import Console

from benchmarks.contender import ContenderFailed
from benchmarks.contenders import CONTENDERS
from benchmarks.end_to_end import arena, compete
from benchmarks.load import make_load
from benchmarks.machine import describe
from benchmarks.questions import reader
from benchmarks.report import markdown, show, write_figures, write_results
from benchmarks.tables import Table, cost_table, speed_table, step_table, tracking_table, view_table
from benchmarks.tracking_calls import measure_tracking_calls
from benchmarks.views import time_views
from deploy.embedded.errors import EmbeddedError
from deploy.embedded.stack import Broker
from deploy.kafka.jars import missing_programs
from sql.errors import SchemaError

Section: TypeAlias = Literal["end-to-end", "views", "emit"]
SECTIONS: Final[tuple[Section, ...]] = get_args(Section)
BROKERS: Final[tuple[Broker, ...]] = get_args(Broker)
console = Console() if sys.stdout.isatty() else Console(width=120)


def chosen_brokers(context: click.Context, parameter: click.Parameter, text: str) -> tuple[Broker, ...]:
    """Return the brokers that a list names, without Apache Kafka where it cannot run."""
    names = [name.strip() for name in text.split(",")]
    if unknown := [name for name in names if name not in BROKERS]:
        raise click.BadParameter(f"{', '.join(unknown)}: allowed are {' and '.join(BROKERS)}, parted by a comma")
    missing = missing_programs() if "kafka" in names else []
    if missing:
        console.print(f"[yellow]Apache Kafka is left out: this machine lacks {' and '.join(missing)}[/]")
    return tuple(broker for broker in BROKERS if broker in names and not (broker == "kafka" and missing))


@click.command(context_settings={"show_default": True, "help_option_names": ["-h", "--help"]})
@click.option("--events", default=400_000, type=click.IntRange(min=1_000), help="How many events are on the topic.")
@click.option("--brokers", default="embedded,kafka", callback=chosen_brokers, help="Which brokers, in turn.")
@click.option("--workers", default=1, type=click.IntRange(min=1), help="How many workers share the topic.")
@click.option("--partitions", default=4, type=click.IntRange(min=1), help="How many partitions the topic has.")
@click.option("--only", type=click.Choice(SECTIONS), help="One section alone.  [default: all]")
@click.option("--write", is_flag=True, help="Put the figures into benchmarks/README.md as well.")
def main(
    events: int, brokers: Sequence[Broker], workers: int, partitions: int, only: Section | None, write: bool
) -> None:
    """Measure how fast events get from a full topic into every table and view, and what that costs.

    Everything runs on this machine, on free ports, in a directory that is removed at the end: ClickHouse, each broker,
    the contenders, then every metric view on what they wrote; and what a tracking call of the SDK costs its caller.
    The tables are printed, and written to benchmarks/results.md. Needs Linux: costs are read from /proc.

    \b
    Examples:
      python -m benchmarks
      python -m benchmarks --events 20000 --brokers embedded --only end-to-end
    """
    if write and only:
        raise click.UsageError("--write replaces all figures, so it needs all sections: leave --only away")
    facts = describe(datetime.now(UTC), sys.argv[1:])
    chosen = {only} if only else set(SECTIONS)
    tables: list[Table] = []
    if chosen - {"emit"}:
        tables += measure_pipeline(events, brokers, partitions, workers, chosen)
    if "emit" in chosen:
        say("emit: calls with the broker up, down and hung")
        tables.append(tracking_table(measure_tracking_calls()))
    for table in tables:
        show(console, table)
    write_results(markdown(facts, tables))
    if write:
        write_figures(markdown(facts, tables, level=3))


def say(text: str) -> None:
    """Print what is being done."""
    console.print(text, style="dim", highlight=False)


def measure_pipeline(
    events: int, brokers: Sequence[Broker], partitions: int, workers: int, chosen: set[Section]
) -> Sequence[Table]:
    """Run everything on each broker, and return the chosen tables of it."""
    say(f"making {events:,} events")
    load, results, timings = make_load(events), [], {}
    contenders = CONTENDERS if "end-to-end" in chosen else CONTENDERS[-1:]
    for broker in brokers:
        with arena(broker, load, partitions, workers, say) as place:
            results += [compete(place, load, contender, say) for contender in contenders]
            if "views" in chosen:
                say(f"{broker}: calling every view")
                timings[broker] = time_views(reader(place.stack.environment()["CONVOSTREAM_CLICKHOUSE_READER_URL"]))
    tables = [speed_table(results, load), cost_table(results), step_table(results)] if "end-to-end" in chosen else []
    return [*tables, view_table(timings, load)] if "views" in chosen else tables


if __name__ == "__main__":
    try:
        main()
    except (ContenderFailed, EmbeddedError, SchemaError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
