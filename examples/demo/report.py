"""What the demo prints at the end: all fifteen metrics, commands for the next steps, and the address of the page."""

import os
import shlex
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from examples.demo.clickhouse_reader import ClickHouseReader, statement
from examples.demo.replay import Tally
from examples.demo.schedule import TimeRange
from examples.demo.setup import Page
from examples.demo.tables import metric_table, metric_views
from sql.address import parse_address

# Columns of a file or a pipe.
_FILE_WIDTH = 100


def make_console() -> Console:
    """Return the terminal, or plain text of a fixed width; replace characters that it cannot print."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_FILE_WIDTH)


def print_metrics(console: Console, reader: ClickHouseReader, time_range: TimeRange) -> None:
    """Print all fifteen metrics of the range, and the totals of the range before it."""
    days = (time_range.until - time_range.since).days
    console.print(
        f"\n[bold]The fifteen metrics[/] of {days} days, {time_range.since:%Y-%m-%d %H:%M} to "
        f"{time_range.until:%Y-%m-%d %H:%M} UTC, and the totals of the {days} days before.\n"
        f"Days and hours are in {time_range.time_zone}.\n",
        soft_wrap=True,
    )
    for number, views in enumerate(metric_views(), 1):
        console.print(f"[bold cyan]{number}. {views[0].title}[/]")
        for view in views:
            before = reader.view(view.name, time_range.before()) if view.form == "totals" else []
            console.print(metric_table(view, reader.view(view.name, time_range), before))


def print_tally(console: Console, tally: Tally, messages: int) -> None:
    """Print what was sent beside the number of messages in the tables."""
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in tally.events.most_common())
    console.print(f"\nSent {tally.events.total():,} events through the SDK ({kinds}).", soft_wrap=True)
    console.print(
        f"{tally.again} of them were sent twice and {tally.late} up to a day and a half late; "
        f"of {tally.messages:,} messages of end users and agents {messages:,} are counted.",
        soft_wrap=True,
    )


def print_commands(
    console: Console, environment: dict[str, str], time_range: TimeRange, logs: Path, addresses: Path
) -> None:
    """Print commands and addresses that work while the stack runs."""
    url = environment["CONVOSTREAM_CLICKHOUSE_READER_URL"]
    kafka, topic = (environment[f"CONVOSTREAM_KAFKA_{name}"] for name in ("BOOTSTRAP_SERVERS", "TOPIC"))
    settings, python = shlex.quote(str(addresses)), shlex.quote(sys.executable)
    console.print("[bold]Everything is running[/] until Ctrl-C, and a few conversations begin every minute.")
    lines = {
        "Query a metric": _curl(url, statement("total_messages", time_range)),
        "Query a table": _curl(url, "SELECT type, count() FROM events GROUP BY type"),
        "Send your own events": f"set -a; . {settings}; set +a; {python} -m convostream replay FILE",
        "Kafka": f"{kafka}, topic {topic}",
        "ClickHouse, read-only": url,
        "Worker": f"http://127.0.0.1:{environment['CONVOSTREAM_METRICS_PORT']}/metrics",
        "Settings and passwords": str(addresses),
        "Logs": str(logs),
    }
    for name, value in lines.items():
        console.print(f"  [cyan]{name:<24}[/]{escape(value)}", soft_wrap=True)


def print_page(console: Console, page: Page) -> None:
    """Print the address of the dashboard in a frame, and open it if there is a desktop."""
    if page.problem:
        console.print(
            f"\n[yellow]{escape(page.problem)}[/]\nThe numbers are at {page.address}api/metrics", soft_wrap=True
        )
        return
    address = f"{page.address}?live=on"
    console.print(Panel(f"The dashboard: [bold cyan]{address}[/]", expand=False, padding=(1, 4), border_style="green"))
    if console.is_terminal and has_desktop():
        webbrowser.open(address)


def has_desktop(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Return whether there is a desktop; a text browser would draw over the demo's output."""
    return platform == "darwin" or any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _curl(url: str, query: str) -> str:
    address = parse_address(url)
    return f'curl -s "{address.server_url}?database={address.database}" --data-binary "{query} FORMAT PrettyCompact"'
