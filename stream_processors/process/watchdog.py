"""The watchdog: a thread of its own that ends a worker which does not get on, so that another one takes over.

Two things are known to go wrong without an error: the event loop hangs, and a partition is never fetched again after
a rebalance. Waiting for ClickHouse is neither: then the loop turns and nothing is left unread that could be written.
A new process would not help, so that is only logged, over and over.
"""

import faulthandler
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from stream_processors.process.health import Pulse

EXIT_CODE: Final = 70  # EX_SOFTWARE
CHECK_SECONDS: Final = 1.0

logger = logging.getLogger(__name__)


class Watched(Protocol):
    """What the watchdog looks at of a partition."""

    number: int

    @property
    def starved_seconds(self) -> float:
        """For how long records have waited in Kafka without one being read, although nothing hinders it."""
        ...

    @property
    def waiting_seconds(self) -> float:
        """For how long records have waited without one landing in ClickHouse."""
        ...

    @property
    def blocked(self) -> str | None:
        """Why ClickHouse refuses what the partition needs; None when it does not."""
        ...


def watch(pulse: Pulse, partitions: Callable[[], Sequence[Watched]], limit_seconds: float) -> None:
    """Watch the worker from a daemon thread; a limit of 0 watches nothing."""
    if limit_seconds > 0:
        arguments = (pulse, partitions, limit_seconds)
        threading.Thread(target=_watch, args=arguments, name="watchdog", daemon=True).start()


def find_stall(pulse: Pulse, partitions: Sequence[Watched], limit_seconds: float) -> str | None:
    """Return what does not get on, None when all is well."""
    if pulse.silence > limit_seconds:
        return f"the event loop has not turned for {pulse.silence:.0f} s"
    for partition in partitions:
        if partition.starved_seconds > limit_seconds:
            return f"partition {partition.number} has not been read for {partition.starved_seconds:.0f} s"
    return None


def warnings(partitions: Sequence[Watched], limit_seconds: float) -> list[str]:
    """Return what stands still without a fault of this process."""
    return [
        f"partition {each.number} has written nothing for {each.waiting_seconds:.0f} s: "
        f"{each.blocked or 'ClickHouse or Kafka does not answer'}"
        for each in partitions
        if each.waiting_seconds > limit_seconds
    ]


def _watch(pulse: Pulse, partitions: Callable[[], Sequence[Watched]], limit_seconds: float) -> None:
    warned_at = time.monotonic()
    while (problem := find_stall(pulse, partitions(), limit_seconds)) is None:
        time.sleep(CHECK_SECONDS)
        if time.monotonic() - warned_at > limit_seconds:
            warned_at = time.monotonic()
            for warning in warnings(partitions(), limit_seconds):
                logger.error(warning)
    logger.critical("%s: ending the process, its partitions go to another worker", problem)
    faulthandler.dump_traceback(sys.stderr, all_threads=True)
    os._exit(EXIT_CODE)
