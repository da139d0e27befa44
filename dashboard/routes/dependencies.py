"""The dependencies of the routes: the reader of ClickHouse, and the clock."""

import time
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from dashboard.queries.client import ClickHouseReader

ClockMs = Callable[[], int]


def system_clock() -> int:
    """Return milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _reader(request: Request) -> ClickHouseReader:
    reader: ClickHouseReader = request.app.state.reader
    return reader


def _clock(request: Request) -> ClockMs:
    clock: ClockMs = request.app.state.clock
    return clock


ReaderNow = Annotated[ClickHouseReader, Depends(_reader)]
Clock = Annotated[ClockMs, Depends(_clock)]
