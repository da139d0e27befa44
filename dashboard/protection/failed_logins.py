"""Limits on failed logins: they are counted, logged without token and address, delayed, and rejected when too many.

Only wrong tokens are limited. The right token always works, so that no attacker can lock its holder out.
"""

import asyncio
import logging
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

WINDOW_SECONDS: Final = 60.0
PER_CLIENT: Final = 10
OVERALL: Final = 100
DELAY_SECONDS: Final = 1.0
CLIENTS_AT_MOST: Final = 10_000

log = logging.getLogger("dashboard")


class FailedLogins:
    """Counts wrong tokens of the last minute, by client and altogether."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._count = 0
        self._all: deque[float] = deque(maxlen=OVERALL)
        self._by_client: OrderedDict[str, deque[float]] = OrderedDict()

    def note(self, client: str) -> int:
        """Count a wrong token; return the seconds until the client may try again, 0 if at once."""
        self._count += 1
        own = self._of(client)
        wait = max(self._wait(own), self._wait(self._all))
        if wait == 0 or self._count & (self._count - 1) == 0:  # beyond the limits, log only at powers of two
            log.warning("login failed: wrong token (%d failed logins since the start)", self._count)
        if wait == 0:
            for times in (own, self._all):
                times.append(self._clock())
        return wait

    async def delay(self) -> None:
        """Delay a failed attempt; the limits bound how many wait at once."""
        await asyncio.sleep(DELAY_SECONDS)

    def _of(self, client: str) -> deque[float]:
        own = self._by_client.setdefault(client, deque(maxlen=PER_CLIENT))
        self._by_client.move_to_end(client)
        if len(self._by_client) > CLIENTS_AT_MOST:
            self._by_client.popitem(last=False)
        return own

    def _wait(self, times: deque[float]) -> int:
        if len(times) < (times.maxlen or 0):
            return 0
        return max(0, math.ceil(times[0] + WINDOW_SECONDS - self._clock()))
