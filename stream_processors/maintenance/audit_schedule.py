"""The regular audit: one worker of the group has the last two days audited by a child, and all show the outcome.

It is due an interval after the last one, and soon after ClickHouse has started anew: what an engine lost when it was
killed is found and repaired without anybody asking. The owner of the lowest partition begins it. The child takes the
processor last, has memory of its own, and ends with its worker, so that no flush waits for an audit.
"""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from stream_processors import metrics
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.retries import summary

DAYS: Final = 2
LOWEST_PARTITION: Final = 0

# How long a start, of this worker or of ClickHouse, is left alone: there is enough to do then.
SETTLE_SECONDS: Final = 60.0

# After how long an audit that failed, or could not repair what it found, is tried again.
RETRY_SECONDS: Final = 600.0

# How wide the child's tables may be in the log.
COLUMNS: Final = "160"

LATEST_SQL: Final = (
    "SELECT toUnixTimestamp64Milli(finished_at) / 1000 AS finished, is_clean, touched, differences, repaired,"
    " conversations FROM audits ORDER BY started_at DESC LIMIT 1"
)
DUE_SQL: Final = (
    "SELECT dateDiff('second', maxOrNull(finished_at), now64(3)) AS age, uptime() AS uptime FROM audits"
    " WHERE since IS NULL OR since <= now64(3) - INTERVAL {days:UInt32} DAY"
)
COMMAND: Final = (
    *(sys.executable, "-m", "stream_processors", "audit"),
    *("--days", str(DAYS), "--repair", "--in-background"),
)

logger = logging.getLogger(__name__)


class Due(NamedTuple):
    """What decides whether an audit is due: seconds since the last one, since ClickHouse and since we have started."""

    age: float | None
    uptime: float
    own_age: float

    def is_due(self, interval: float) -> bool:
        """Tell whether the interval is over, or ClickHouse has started since the last audit."""
        settled = min(self.uptime, self.own_age) >= min(SETTLE_SECONDS, interval)
        if self.age is None:
            return settled and self.own_age >= interval
        return settled and (self.age >= interval or self.age > self.uptime)


class AuditSchedule:
    """Shows the latest audit as metrics, and begins the next one when it is due and ours to begin."""

    def __init__(
        self,
        clickhouse: ClickHouse,
        interval_seconds: float,
        owned: Callable[[], Sequence[int]],
        *,
        command: Sequence[str] = COMMAND,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clickhouse = clickhouse
        self._interval = interval_seconds
        self._owned = owned
        self._command = command
        self._clock = clock
        self._started_at = clock()
        self._next_try = 0.0

    async def run(self) -> None:
        """Look from time to time, for ever."""
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - whatever a client raises: an audit hinders nothing
                logger.warning("the audits cannot be read: %s", summary(error))
            await asyncio.sleep(min(30, max(1, self._interval / 4)))

    async def look(self) -> None:
        """Look once."""
        await self._show()
        if self._interval and LOWEST_PARTITION in self._owned() and await self._is_due():
            await self._audit()
            await self._show()

    async def _show(self) -> None:
        """Show the latest audit, whoever made it."""
        for row in await self._clickhouse.rows(LATEST_SQL):
            metrics.AUDIT_TIME.set(row["finished"])
            metrics.AUDIT_CLEAN.set(row["is_clean"])
            metrics.AUDIT_TOUCHED.set(row["touched"])
            metrics.AUDIT_REPAIRED.set(row["repaired"])
            metrics.AUDIT_DIFFERENCES.clear()
            for table, rows in row["differences"].items():
                metrics.AUDIT_DIFFERENCES.labels(table).set(rows)

    async def _is_due(self) -> bool:
        if self._clock() < self._next_try:
            return False
        (row,) = await self._clickhouse.rows(DUE_SQL, {"days": DAYS})
        return Due(row["age"], row["uptime"], self._clock() - self._started_at).is_due(self._interval)

    async def _audit(self) -> None:
        """Have the child audit; it is ended when we are cancelled, and ends by itself when we are killed."""
        child = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "COLUMNS": COLUMNS},
        )
        try:
            said = await child.stdout.read() if child.stdout else b""
            code = await child.wait()
        finally:
            if child.returncode is None:
                child.terminate()
                await child.wait()
        if code:
            self._next_try = self._clock() + min(self._interval, RETRY_SECONDS)
        logger.log(
            logging.ERROR if code else logging.INFO,
            "an audit ended with code %d:\n%s",
            code,
            said.decode(errors="replace"),
        )
