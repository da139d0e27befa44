"""`python -m stream_processors`: the worker and the commands that look after what it writes."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import click
from clickhouse_connect.driver.exceptions import ClickHouseError
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from stream_processors import dead_letters as letters
from stream_processors.audit import Findings, audit
from stream_processors.clickhouse import ClickHouse
from stream_processors.errors import ProcessorError
from stream_processors.geolocation import GeolocationDatabaseError
from stream_processors.identity import make_owner_id
from stream_processors.rebuild import rebuild
from stream_processors.settings import WorkerSettings

T = TypeVar("T")
Report = Callable[[int, int], None]
console = Console()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Process agent events from Kafka into ClickHouse, each exactly once in effect.

    Every setting is an environment variable with the prefix CONVOSTREAM_; .env.example explains them all.
    """


@main.command()
def worker() -> None:
    """Run a worker until Ctrl-C or SIGTERM.

    Start as many as you like: Kafka shares the topic's partitions among them. What a worker was writing when it was
    killed is written by the partition's next owner.

    \b
    Example:
      CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS=localhost:9092 \\
      CONVOSTREAM_CLICKHOUSE_URL=http://writer:secret@localhost:8123/convostream \\
      python -m stream_processors worker
    """
    from stream_processors.worker import run_worker  # imports Faust, which the other commands do not need

    sys.exit(run_worker(read_settings()))


@main.command("rebuild")
def rebuild_command() -> None:
    """Compute all facts anew from the stored events, and put them in the place of the old ones.

    Needed after a change of CONVOSTREAM_SESSION_GAP_MINUTES or CONVOSTREAM_ESCALATION_ACTIONS, or of the fold in the
    code: workers refuse to write until it has run. Workers that run meanwhile wait; readers see the old numbers until
    the new ones are whole.
    """
    settings = read_settings()
    facts = run(settings, "rebuilding", lambda clickhouse, report: rebuild(
        clickhouse, settings.fold_rules, f"rebuild:{make_owner_id()}", report
    ))  # fmt: skip
    console.print(f"rebuilt: {facts:,} facts by fold {settings.fold_rules.version}")


@main.command("audit")
def audit_command() -> None:
    """Compare all facts with a fold of the stored events, while flushes land; exit 1 when something differs."""
    settings = read_settings()
    found = run(settings, "auditing", lambda clickhouse, report: audit(clickhouse, settings.fold_rules, report))
    print_findings(found)
    sys.exit(0 if found.is_clean else 1)


@main.group("dead-letters")
def dead_letters() -> None:
    """Look at the records that were refused: why, and their bytes as they came."""


@dead_letters.command("list")
@click.option("--reason-code", default="", help="Only those of one reason code.")
@click.option("--limit", default=20, show_default=True, help="How many of the latest to list.")
def list_command(reason_code: str, limit: int) -> None:
    """Count dead letters by reason code, and list the latest.

    \b
    Example:
      python -m stream_processors dead-letters list --reason-code broken_json
    """
    settings = read_settings()
    counts = run(settings, "", lambda clickhouse, _: letters.summary(clickhouse))
    latest = run(settings, "", lambda clickhouse, _: letters.latest(clickhouse, reason_code, limit))
    print_rows("dead letters by reason code", counts)
    print_rows("the latest", latest)


@dead_letters.command("show")
@click.argument("partition", type=int)
@click.argument("offset", type=int)
@click.option("--topic", default=None, help="The topic, when it is not that of the settings.")
def show_command(partition: int, offset: int, topic: str | None) -> None:
    """Show one dead letter: its reason, headers, key and raw bytes.

    \b
    Example:
      python -m stream_processors dead-letters show 3 1200
    """
    settings = read_settings()
    place = (topic or settings.kafka_topic, partition, offset)
    letter = run(settings, "", lambda clickhouse, _: letters.one(clickhouse, *place))
    for name in ("topic", "partition", "log_epoch", "offset", "received_at", "reason_code", "reason"):
        click.echo(f"{name}: {letter[name]}")
    for name, value in letter["headers"]:
        click.echo(f"header {name}: {readable(value)}")
    click.echo(f"key: {readable(letter['key'])}")
    click.echo(f"raw: {readable(letter['raw'])}" if letter["has_value"] else "raw: the record has no value")


def readable(hexadecimal: str) -> str:
    """Return bytes as text where they are UTF-8, else as an escaped Python literal."""
    raw = bytes.fromhex(hexadecimal)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return repr(raw)


def read_settings() -> WorkerSettings:
    """Return the settings of the environment; a wrong one ends the command with what to change."""
    try:
        return WorkerSettings()
    except ValidationError as error:
        problems = "\n".join(
            f"  CONVOSTREAM_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()
        )
        raise click.ClickException(f"these settings cannot be used:\n{problems}") from None


def run(settings: WorkerSettings, title: str, call: Callable[[ClickHouse, Report], Coroutine[Any, Any, T]]) -> T:
    """Return what a call to ClickHouse returns, under a progress bar when it has a title."""
    clickhouse = ClickHouse(settings.clickhouse_url.get_secret_value(), settings.clickhouse_timeout_seconds)
    try:
        with Progress(console=console, disable=not title, transient=True) as bar:
            task = bar.add_task(title, total=None)
            return asyncio.run(call(clickhouse, lambda done, total: bar.update(task, completed=done, total=total)))
    except ProcessorError as error:
        raise click.ClickException(str(error)) from error
    except ClickHouseError as error:
        raise click.ClickException(
            f"ClickHouse at {clickhouse.address} does not answer as hoped: {str(error).splitlines()[0]}\n"
            "Check CONVOSTREAM_CLICKHOUSE_URL, and that `python -m sql apply` has run."
        ) from error
    finally:
        clickhouse.close()


def print_rows(title: str, rows: list[Any]) -> None:
    """Print rows as a table."""
    if not rows:
        console.print(f"{title}: none")
        return
    table = Table(*rows[0], title=title, title_justify="left")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console.print(table)


def print_findings(found: Findings) -> None:
    """Print what an audit found, table by table."""
    table = Table("table", "conversations that differ", "facts that differ", title="audit", title_justify="left")
    for name, differences in found.differences.items():
        table.add_row(name, str(len(differences)), str(sum(differences.values())))
    console.print(table)
    console.print(f"{found.conversations:,} conversations, {found.touched:,} left for the next audit: "
                  f"{'clean' if found.is_clean else 'NOT clean'}")  # fmt: skip


if __name__ == "__main__":
    try:
        main()
    except GeolocationDatabaseError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
