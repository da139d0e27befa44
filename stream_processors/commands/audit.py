"""`python -m stream_processors audit`: compare derived tables with the events, and correct them with --repair."""

import os
import signal
import sys
import threading
from datetime import UTC, datetime
from typing import Final

import click
from rich.table import Table

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.commands.cli import Report, console, read_settings, run
from stream_processors.maintenance.audit import since_days
from stream_processors.maintenance.audit_repair import audit_and_log
from stream_processors.maintenance.report import FinishedAudit
from stream_processors.process.identity import make_owner_id

EXAMPLES_SHOWN: Final = 20
DIFFERS: Final = 1
FAILED: Final = 2
NICENESS: Final = 10
QUARTER_HOUR_SECONDS: Final = 900


@click.command("audit")
@click.option(
    "--days",
    type=click.FloatRange(min=0, min_open=True),
    help="Only conversations of which events were received in so many days up to the last event.  [default: all]",
)
@click.option("--repair", is_flag=True, help="Repair what differs, and prove it by another audit; workers wait.")
@click.option("--in-background", is_flag=True, hidden=True, help="Give way to others; end when the input ends.")
def audit_command(days: float | None, *, repair: bool, in_background: bool) -> None:
    """Compare the derived tables with the stored events, and write the outcome to the table audits.

    It does not block ingestion. Conversations that change in every pass are left for the next audit. Exit code 0:
    nothing differs, or every difference was corrected; 1: something differs; 2: the audit could not run.

    \b
    Example:
      python -m stream_processors audit --days 2
    """
    if in_background:
        give_way()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # releases the claims
    settings = read_settings()

    async def call(clickhouse: ClickHouse, report: Report) -> FinishedAudit:
        since = None if days is None else await since_days(clickhouse, days)
        return await audit_and_log(
            clickhouse, settings.fold_rules, since, f"audit:{make_owner_id()}", repair=repair, progress=report
        )

    try:
        audited = run(settings, "auditing", call)
    except click.ClickException as error:
        error.exit_code = FAILED
        raise
    print_audit(audited)
    sys.exit(0 if audited.is_clean else DIFFERS)


def give_way() -> None:
    """Lower the CPU priority, and end when the parent process ends."""
    os.nice(NICENESS)

    def wait_for_the_end() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait_for_the_end, name="parent", daemon=True).start()


def print_audit(audit: FinishedAudit) -> None:
    """Print the differences that an audit found, by table, with examples and what was corrected."""
    report = audit.report
    table = Table("table", "conversations", "rows missing", "rows too many", title="audit", title_justify="left")
    for name, each in report.tables.items():
        table.add_row(name, f"{len(each.hashes):,}", f"{each.missing:,}", f"{each.surplus:,}")
    console.print(table)
    if report.examples:
        console.print(_where(audit))
    since = "" if audit.since is None else f" since {_minute(audit.since / 1000)}"
    console.print(f"{report.conversations:,} conversations{since}, {report.in_flux:,} left for the next audit")
    if report.pending_replay:
        console.print(f"{report.pending_replay:,} more wait for a worker to finish a flush that was cut off")
    if audit.repaired:
        console.print(f"repaired: {audit.repaired:,} rows, compared once more")
    console.print("clean" if audit.is_clean else "NOT clean", style="green" if audit.is_clean else "red")


def _where(audit: FinishedAudit) -> Table:
    shown = audit.report.examples[:EXAMPLES_SHOWN]
    table = Table("table", "agent", "environment", "quarter-hour", "conversation_hash", "missing", "too many")
    table.title, table.title_justify = f"the first {len(shown)} differences", "left"
    for difference in shown:
        quarter = (
            _minute(difference.quarter_hour * QUARTER_HOUR_SECONDS) if difference.quarter_hour else "never engaged"
        )
        counts = (str(difference.conversation_hash), f"{difference.missing:,}", f"{difference.surplus:,}")
        table.add_row(difference.table, difference.agent_id, difference.environment, quarter, *counts)
    return table


def _minute(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%MZ")
