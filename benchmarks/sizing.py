"""`python -m benchmarks.sizing --rate 100000`: what a rate needs, from what an event costs, with the arithmetic shown.

The costs were measured by `python -m benchmarks --write` and lie in `coefficients.json`; the rules are written here.
`docs/performance.md` explains both.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import click

from benchmarks.harness import coefficients
from benchmarks.harness.coefficients import Coefficients
from benchmarks.harness.tables import Table

RATES: Final = (1_000, 10_000, 100_000, 1_000_000)

# How much of a core to plan with: the rest is for bursts, catching up after a stop, merges and queries.
BUSY: Final = 0.6

# So that the partitions of a worker that is lost can be shared by others.
PARTITIONS_A_WORKER: Final = 2

FEWEST_PARTITIONS: Final = 4

# CONVOSTREAM_FLUSH_MAX_ROWS: its default and what it may be at most.
DEFAULT_ROWS, MOST_ROWS = 50_000, 100_000

# As many into one ClickHouse as its merges follow with ease.
INSERTS_A_SECOND: Final = 10

# CONVOSTREAM_FLUSH_MAX_AGE_SECONDS: its default and what it may be at most.
SHORTEST_AGE, LONGEST_AGE = 1.0, 60.0

# Tables in which an insert makes a part: events, activity, four of facts, and the range log.
TARGETS: Final = 7

HASH_BYTES: Final = 8
DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Size:
    """What a rate needs."""

    rate: int
    workers: int
    partitions: int
    max_rows: int
    age_seconds: float
    rows_a_flush: float
    inserts_a_second: float
    clickhouse_cores: float
    stored_bytes_a_day: float
    kafka_bytes_a_day: float
    known_bytes_a_day: float

    @property
    def parts_a_second(self) -> float:
        """New parts in all tables together."""
        return self.inserts_a_second * TARGETS


def size(rate: int, costs: Coefficients) -> Size:
    """Return what a rate needs: workers by their processor time, the age of flushes by how many ClickHouse takes."""
    workers = math.ceil(rate * costs.worker_us / 1e6 / BUSY)
    partitions = max(FEWEST_PARTITIONS, PARTITIONS_A_WORKER * workers)
    age = min(LONGEST_AGE, max(SHORTEST_AGE, partitions / INSERTS_A_SECOND))
    max_rows = DEFAULT_ROWS if rate <= DEFAULT_ROWS * INSERTS_A_SECOND else MOST_ROWS
    rows = min(max_rows, rate * age / partitions)
    inserts = rate / rows
    cores = (rate * costs.clickhouse_us + inserts * costs.clickhouse_flush_ms * 1e3) / 1e6 / BUSY
    conversations = rate * DAY / costs.events_a_conversation
    return Size(
        *(rate, workers, partitions, max_rows, age, rows, inserts, cores),
        stored_bytes_a_day=rate * DAY * costs.stored_bytes,
        kafka_bytes_a_day=rate * DAY * costs.kafka_bytes,
        known_bytes_a_day=conversations * HASH_BYTES,
    )


def explain(found: Size, costs: Coefficients, days: int) -> Iterator[str]:
    """Yield the arithmetic, a line for each figure."""
    rate, rows, inserts = found.rate, found.rows_a_flush, found.inserts_a_second
    yield f"workers: {rate:,} events/s x {costs.worker_us:g} us / {BUSY:g} busy = {found.workers:,}"
    yield f"partitions: {PARTITIONS_A_WORKER} a worker, at least {FEWEST_PARTITIONS} = {found.partitions:,}"
    yield (
        f"CONVOSTREAM_FLUSH_MAX_AGE_SECONDS: {found.partitions:,} partitions / {INSERTS_A_SECOND} inserts/s,"
        f" at least {SHORTEST_AGE:g} and at most {LONGEST_AGE:g} = {found.age_seconds:g}"
    )
    yield f"CONVOSTREAM_FLUSH_MAX_ROWS: {found.max_rows}"
    yield (
        f"rows a flush: {rate:,} events/s x {found.age_seconds:g} s / {found.partitions:,} partitions,"
        f" at most {found.max_rows:,} = {rows:,.0f}"
    )
    yield f"inserts: {rate:,} / {rows:,.0f} = {inserts:.1f}/s, x {TARGETS} tables = {found.parts_a_second:.0f} parts/s"
    yield (
        f"ClickHouse: ({rate:,} x {costs.clickhouse_us:g} us + {inserts:.1f} x {costs.clickhouse_flush_ms:g} ms)"
        f" / {BUSY:g} busy = {found.clickhouse_cores:.1f} cores, and those of the queries"
    )
    yield (
        f"disk of ClickHouse: {rate:,} x {DAY:,} s x {costs.stored_bytes:g} bytes = {gib(found.stored_bytes_a_day)}"
        f" a day, {gib(found.stored_bytes_a_day * days)} in {days} days"
    )
    yield (
        f"disk of Kafka: {rate:,} x {DAY:,} s x {costs.kafka_bytes:g} bytes = {gib(found.kafka_bytes_a_day)}"
        " a day and replica, not compressed"
    )
    yield (
        f"hashes of conversations in workers' memory: {rate:,} x {DAY:,} s / {costs.events_a_conversation:g} events"
        f" x {HASH_BYTES} bytes = {gib(found.known_bytes_a_day)} a day,"
        f" {gib(found.known_bytes_a_day * days / found.workers)} in each worker after {days} days"
    )


def table(costs: Coefficients) -> Table:
    """Return what some rates need, as a table of the report."""
    found = [size(rate, costs) for rate in RATES]
    return Table(
        "What to set, by the costs of this run",
        (
            *("events/s", "workers", "partitions", "flush age s", "flush rows", "inserts/s", "parts/s"),
            *("ClickHouse cores", "ClickHouse GiB a day", "Kafka GiB a day"),
        ),
        0,
        [_cells(figure) for figure in found],
        f"From {costs.worker_us:g} us an event in the worker, {costs.clickhouse_us:g} us an event and "
        f"{costs.clickhouse_flush_ms:g} ms a flush in ClickHouse, {costs.stored_bytes:g} bytes an event there and "
        f"{costs.kafka_bytes:g} in Kafka. `python -m benchmarks.sizing` shows the arithmetic, docs/performance.md "
        "the reasons.",
    )


def _cells(each: Size) -> tuple[str, ...]:
    return (
        *(f"{each.rate:,}", f"{each.workers:,}", f"{each.partitions:,}", f"{each.age_seconds:g}", f"{each.max_rows:,}"),
        *(f"{each.inserts_a_second:.1f}", f"{each.parts_a_second:.0f}", f"{each.clickhouse_cores:.1f}"),
        *(f"{count / 2**30:,.1f}" for count in (each.stored_bytes_a_day, each.kafka_bytes_a_day)),
    )


def gib(count: float) -> str:
    """Return a size in GiB."""
    return f"{count / 2**30:,.1f} GiB"


@click.command(context_settings={"show_default": True, "help_option_names": ["-h", "--help"]})
@click.option("--rate", "rates", multiple=True, type=click.IntRange(min=1), default=RATES, help="Events a second.")
@click.option("--retention-days", default=90, type=click.IntRange(min=1), help="For how long sizes are added up.")
def main(rates: tuple[int, ...], retention_days: int) -> None:
    """Show what a rate needs: workers, partitions, settings of the flush, ClickHouse, disk; with the arithmetic."""
    costs = coefficients.read()
    click.echo(f"costs: {costs.source}")
    for rate in rates:
        click.echo(f"\n{rate:,} events/s")
        for line in explain(size(rate, costs), costs, retention_days):
            click.echo(f"  {line}")


if __name__ == "__main__":
    main()
