"""What the demo prints at the end: all fifteen metrics, the commands to go on, and where the page is."""

import os
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from examples.demo.metrics import METRICS
from examples.demo.reader import Question, Reader
from examples.demo.replay import Tally
from examples.demo.setup import Page
from examples.demo.tables import metric_table

# Columns where the output is no terminal.
WIDTH_OF_A_FILE = 100


def make_console() -> Console:
    """The terminal, or plain text of a fixed width; characters that it cannot write are replaced."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH_OF_A_FILE)


def print_metrics(console: Console, reader: Reader, question: Question) -> None:
    """All fifteen metrics of the range."""
    console.print(
        f"\n[bold]The fifteen metrics[/] from {question.since:%Y-%m-%d} to {question.until:%Y-%m-%d}, "
        f"days and hours in {question.time_zone}\n"
    )
    for number, metric in enumerate(METRICS, 1):
        rows = [reader.view(shown.view, question) for shown in metric.views]
        console.print(metric_table(number, metric, rows))


def print_tally(console: Console, tally: Tally, counted: int) -> None:
    """What was sent, beside what the tables count."""
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in tally.events.most_common())
    console.print(f"\nSent {tally.events.total():,} events through the SDK ({kinds}).", soft_wrap=True)
    console.print(
        f"{tally.again} of them were sent twice and {tally.late} up to a day and a half late; "
        f"of {tally.messages:,} messages of end users and agents {counted:,} are counted.",
        soft_wrap=True,
    )


def print_commands(
    console: Console, environment: dict[str, str], question: Question, logs: Path, addresses: Path
) -> None:
    """How to go on while the stack runs."""
    url = environment["CONVOSTREAM_CLICKHOUSE_READER_URL"]
    kafka, topic = (environment[f"CONVOSTREAM_KAFKA_{name}"] for name in ("BOOTSTRAP_SERVERS", "TOPIC"))
    console.print("[bold]Everything is running[/] until Ctrl-C, and a few conversations begin every minute.")
    lines = {
        "Ask a metric": _curl(url, question.statement("total_messages")),
        "Ask anything": _curl(url, "SELECT type, count() FROM events GROUP BY type"),
        "Send your own events": f"set -a; . {addresses}; set +a; {sys.executable} -m convostream replay FILE",
        "Kafka": f"{kafka}, topic {topic}",
        "ClickHouse, read-only": url,
        "Worker": f"http://127.0.0.1:{environment['CONVOSTREAM_METRICS_PORT']}/metrics",
        "Settings and passwords": str(addresses),
        "Logs": str(logs),
    }
    for name, value in lines.items():
        console.print(f"  [cyan]{name:<24}[/]{escape(value)}", soft_wrap=True)


def print_page(console: Console, page: Page) -> None:
    """Where the dashboard is, so that nobody overlooks it; opens it where there is a desktop."""
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
    """Whether a browser has a screen of its own: one in the terminal would be drawn over."""
    return platform == "darwin" or any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _curl(url: str, query: str) -> str:
    parts = urlsplit(url)
    address = f"{parts.scheme}://{parts.netloc}/?database={parts.path.strip('/')}"
    return f'curl -s "{address}" --data-binary "{query} FORMAT PrettyCompact"'
