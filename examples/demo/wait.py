"""The wait until everything that was sent is in the tables: all events are there, and no flush is under way."""

import time
from collections.abc import Callable

from examples.demo.reader import Reader
from examples.demo.sdk_calls import AGENT_ID

LANDED = "SELECT count() FROM events WHERE agent_id = {agent:String}"

# An event is seen before the facts that follow from it; a range is confirmed when all of it has landed.
UNCONFIRMED = """
SELECT countIf(NOT is_confirmed) FROM
(
    SELECT argMax(confirmed, (owner_epoch, log_epoch, first, confirmed)) AS is_confirmed
    FROM ranges GROUP BY topic, partition
)
"""
_PAUSE_SECONDS = 0.2


class NotLanded(Exception):
    """Events were sent and did not arrive in the tables in time."""


def landed(reader: Reader) -> int:
    """How many events of the demo are in the tables."""
    return reader.number(LANDED, {"agent": AGENT_ID})


def wait_until_landed(
    reader: Reader, expected: int, seconds: float, progress: Callable[[int], None], check: Callable[[], None]
) -> None:
    """Returns once so many events, and all that follows from them, can be read; raises NotLanded when they cannot.

    `check` is called meanwhile and may raise what it finds wrong with the parts.
    """
    deadline = time.monotonic() + seconds
    while (count := landed(reader)) < expected or reader.number(UNCONFIRMED):
        progress(count)
        check()
        if time.monotonic() > deadline:
            raise NotLanded(f"{count:,} of {expected:,} events have landed after {seconds:.0f} s")
        time.sleep(_PAUSE_SECONDS)
    progress(count)
