"""What all commands share: read the settings, call ClickHouse with a progress bar, print rows."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import click
from clickhouse_connect.driver.exceptions import ClickHouseError
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from convostream.kafka.security import setting_problems
from stream_processors.clickhouse.client import ClickHouse, Row
from stream_processors.errors import ProcessorError
from stream_processors.settings import WorkerSettings

T = TypeVar("T")
Report = Callable[[int, int], None]
console = Console()


def read_settings() -> WorkerSettings:
    """Return the settings of the environment; an invalid one ends the command with what to change."""
    try:
        return WorkerSettings()
    except ValidationError as error:
        problems = "\n".join(f"  {problem}" for problem in setting_problems(error))
        raise click.ClickException(f"these settings cannot be used:\n{problems}") from None


def run(settings: WorkerSettings, title: str, call: Callable[[ClickHouse, Report], Coroutine[Any, Any, T]]) -> T:
    """Call ClickHouse, with a progress bar if there is a title, and return the result."""
    clickhouse = ClickHouse(settings.clickhouse_url.get_secret_value(), settings.clickhouse_timeout_seconds)
    try:
        with Progress(console=console, disable=not title or not console.is_terminal, transient=True) as bar:
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


def print_rows(title: str, rows: Sequence[Row]) -> None:
    """Print rows as a table."""
    if not rows:
        console.print(f"{title}: none")
        return
    table = Table(*rows[0], title=title, title_justify="left")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console.print(table)
