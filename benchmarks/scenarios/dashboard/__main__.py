"""`python -m benchmarks.scenarios.dashboard`: fill ClickHouse with events in bulk and time the dashboard over them."""

import os
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import clickhouse_connect
from rich.console import Console
from rich.table import Table

from benchmarks.scenarios.dashboard.checks import check
from benchmarks.scenarios.dashboard.timing import Timing, time_answers, time_page
from benchmarks.workload import bulk
from dashboard.build_page import build
from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.stack import Stack

WINDOW_DAYS = 30


@click.command(context_settings={"show_default": True, "help_option_names": ["-h", "--help"]})
@click.option("--events", type=click.IntRange(min=8), default=1_000_000, help="How many, over 60 days.")
@click.option("--agents", type=click.IntRange(min=1), default=1, help="Among how many agents.")
@click.option(
    "--data-directory",
    type=click.Path(path_type=Path),
    help="Keep the events here for the next run.  [default: nowhere]",
)
def main(events: int, agents: int, data_directory: Path | None) -> None:
    """Time the dashboard over 30 days of one agent: its answers, its metric views, and its page in Chromium.

    A million events take about a minute to make. Figures mean something on a machine that does nothing else.
    """
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="convostream-dashboard-") as nowhere:
        directory = (data_directory or Path(nowhere)).resolve()
        with Stack(StackSettings(data_directory=directory)) as stack:
            _fill(console, stack, events, agents)
            build()
            dashboard, agent, load = stack.add_dashboard(), bulk.agent_name(0), os.getloadavg()[0]
            address, servers = f"http://127.0.0.1:{dashboard.port}", [dashboard.pid or 0, stack.clickhouse.pid or 0]
            title = f"Answers, {events:,} events of {agents} agents"
            _show(console, title, time_answers(address, agent, servers))
            _show(console, "The page in Chromium, nothing in a cache", time_page(address, agent))
            console.print(f"{os.cpu_count()} cores; {load:.1f} processes ran or waited in the minute before")


def _fill(console: Console, stack: Stack, events: int, agents: int) -> None:
    environment = stack.environment()
    client = clickhouse_connect.get_client(
        dsn=environment["CONVOSTREAM_CLICKHOUSE_URL"], autogenerate_session_id=False, send_receive_timeout=600
    )
    now = datetime.now(UTC)
    if not client.command("SELECT count() FROM events"):
        with console.status("making events") as status:
            bulk.fill(
                client, events, agents, f"{now:%Y-%m-%d} 00:00:00", lambda made: status.update(f"{made:,} events")
            )
        bulk.rebuild(environment)
    since = now - timedelta(days=WINDOW_DAYS)
    times = {"since": f"{since:%Y-%m-%d %H:%M:%S}", "until": f"{now:%Y-%m-%d %H:%M:%S}", "time_zone": "UTC"}
    check(client, {"agent_id": bulk.agent_name(0), "environment": bulk.ENVIRONMENT, **times})


def _show(console: Console, title: str, timings: Iterable[Timing]) -> None:
    table = Table("what", title=title, title_justify="left")
    for column in ("median ms", "longest ms", "CPU ms"):
        table.add_column(column, justify="right")
    for timing in timings:
        cpu = "" if timing.cpu is None else f"{timing.cpu:.0f}"
        table.add_row(timing.what, f"{timing.median:.0f}", f"{timing.longest:.0f}", cpu)
    console.print(table)


if __name__ == "__main__":
    main()
