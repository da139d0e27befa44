"""What the routes are given: the way to ClickHouse, and the clock."""

import time
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from dashboard.queries.client import Reader

ClockMs = Callable[[], int]


def system_clock() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _reader(request: Request) -> Reader:
    reader: Reader = request.app.state.reader
    return reader


def _clock(request: Request) -> ClockMs:
    clock: ClockMs = request.app.state.clock
    return clock


ReaderNow = Annotated[Reader, Depends(_reader)]
Clock = Annotated[ClockMs, Depends(_clock)]
