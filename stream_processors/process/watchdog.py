"""The watchdog: a thread that ends a stalled worker, so that another one takes over.

Two failures raise no error: the event loop hangs, or a partition is never fetched again after a rebalance. Waiting for
ClickHouse is neither of them: the loop runs, and no record is unread that could be written. A new process would not
help, so that is only logged.
"""

import faulthandler
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from stream_processors.process.health import Heartbeat

EXIT_CODE: Final = 70  # EX_SOFTWARE
CHECK_SECONDS: Final = 1.0

logger = logging.getLogger(__name__)


class Watched(Protocol):
    """The state of a partition that the watchdog checks."""

    number: int

    @property
    def starved_for(self) -> float:
        """How long records have waited in Kafka without one being read, although nothing hindered it."""
        ...

    @property
    def waiting_seconds(self) -> float:
        """How long records have waited without one being written to ClickHouse."""
        ...

    @property
    def blocked(self) -> str | None:
        """Why the partition is blocked; None if it is not."""
        ...


def watch(heartbeat: Heartbeat, partitions: Callable[[], Sequence[Watched]], limit_seconds: float) -> None:
    """Watch the worker from a daemon thread; a limit of 0 disables it."""
    if limit_seconds > 0:
        arguments = (heartbeat, partitions, limit_seconds)
        threading.Thread(target=_watch, args=arguments, name="watchdog", daemon=True).start()


def find_stall(heartbeat: Heartbeat, partitions: Sequence[Watched], limit_seconds: float) -> str | None:
    """Return what has stalled, None if nothing has."""
    if heartbeat.silence > limit_seconds:
        return f"the event loop has not turned for {heartbeat.silence:.0f} s"
    for partition in partitions:
        if partition.starved_for > limit_seconds:
            return f"partition {partition.number} has not been read for {partition.starved_for:.0f} s"
    return None


def warnings(partitions: Sequence[Watched], limit_seconds: float) -> list[str]:
    """Return what waits for another system."""
    return [
        f"partition {partition.number} has written nothing for {partition.waiting_seconds:.0f} s: "
        f"{partition.blocked or 'ClickHouse or Kafka does not answer'}"
        for partition in partitions
        if partition.waiting_seconds > limit_seconds
    ]


def _watch(heartbeat: Heartbeat, partitions: Callable[[], Sequence[Watched]], limit_seconds: float) -> None:
    warned_at = time.monotonic()
    while (problem := find_stall(heartbeat, partitions(), limit_seconds)) is None:
        time.sleep(CHECK_SECONDS)
        if time.monotonic() - warned_at > limit_seconds:
            warned_at = time.monotonic()
            for warning in warnings(partitions(), limit_seconds):
                logger.error(warning)
    logger.critical("%s: ending the process, its partitions go to another worker", problem)
    faulthandler.dump_traceback(sys.stderr, all_threads=True)
    os._exit(EXIT_CODE)
