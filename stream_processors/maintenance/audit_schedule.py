"""The scheduled audit: one worker of the group audits the last two days in a child process; all publish the outcome.

An audit is due one interval after the last one, and soon after a start of ClickHouse, to repair what a killed engine
lost. The owner of the lowest partition starts it. The child runs at the lowest priority, has its own memory and ends
with its worker, so no flush waits for an audit.
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

# No audit starts this soon after a start of the worker or of ClickHouse, when both are busy.
SETTLE_SECONDS: Final = 60.0

# When to retry an audit that failed or could not repair everything.
RETRY_SECONDS: Final = 600.0

# The width of the child's tables in the log.
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
    """Seconds since the last audit, since the start of ClickHouse and since our start: they decide when one is due."""

    age: float | None
    uptime: float
    own_age: float

    def is_due(self, interval: float) -> bool:
        """Tell whether the interval is over, or ClickHouse was started since the last audit."""
        settled = min(self.uptime, self.own_age) >= min(SETTLE_SECONDS, interval)
        if self.age is None:
            return settled and self.own_age >= interval
        return settled and (self.age >= interval or self.age > self.uptime)


class AuditSchedule:
    """Publishes the latest audit as metrics, and starts the next one when it is due and this worker is in charge."""

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
        """Check regularly, without end."""
        while True:
            try:
                await self.check()
            except Exception as error:  # noqa: BLE001 - no error of a client may stop the worker
                logger.warning("cannot read the audits: %s", summary(error))
            await asyncio.sleep(min(30, max(1, self._interval / 4)))

    async def check(self) -> None:
        """Publish the latest audit, and run one if it is due."""
        await self._publish()
        if self._interval and LOWEST_PARTITION in self._owned() and await self._is_due():
            await self._audit()
            await self._publish()

    async def _publish(self) -> None:
        """Publish the latest audit of the group as metrics."""
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
        """Audit in a child. It is terminated when we are cancelled, and ends by itself when we are killed."""
        child = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "COLUMNS": COLUMNS},
        )
        try:
            output = await child.stdout.read() if child.stdout else b""
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
            output.decode(errors="replace"),
        )
