"""The log of audits: each one is a row of `audits`; the latest is what metrics and dashboard show.

Times are epoch milliseconds.
"""

from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Final

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.maintenance.report import Findings

NOW_SQL: Final = "SELECT toUnixTimestamp64Milli(now64(3)) AS now"


@dataclass(frozen=True, slots=True)
class Audited:
    """An audit that has ended: what it looked at, what it found, and how many rows were repaired.

    It is clean when nothing differs now: nothing did, or all was repaired, which was proved. `since` is None for all.
    """

    started_at: int
    finished_at: int
    since: int | None
    found: Findings
    repaired: int
    is_clean: bool


async def clock_of(clickhouse: ClickHouse) -> int:
    """Return the time of ClickHouse's clock."""
    return int((await clickhouse.rows(NOW_SQL))[0]["now"])


async def write_audit(clickhouse: ClickHouse, auditor_id: str, audited: Audited) -> None:
    """Add an audit to the log."""
    found = audited.found
    row = {
        "started_at": _time(audited.started_at),
        "finished_at": _time(audited.finished_at),
        "auditor_id": auditor_id,
        "since": None if audited.since is None else _time(audited.since),
        "conversations": found.conversations,
        "touched": found.touched,
        "differences": {table: rows for table, rows in found.rows.items() if rows},
        "examples": [astuple(each) for each in found.examples],
        "repaired": audited.repaired,
        "is_clean": int(audited.is_clean),
    }
    await clickhouse.insert_row("audits", row)


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
