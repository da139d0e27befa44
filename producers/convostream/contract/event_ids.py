"""Event ids: UUIDv7, so that the ids of one process sort by creation.

A later id of the same process is always greater, even within a millisecond or when the clock goes back. Events with the
same time are ordered by id.
"""

import os
import threading
import time
from collections.abc import Callable
from functools import lru_cache

_COUNTER_LIMIT = 1 << 12


class EventIds:
    """Generate increasing UUIDv7 texts (RFC 9562): 48 bits of milliseconds, a 12-bit counter, 60 random bits."""

    def __init__(self, clock_ns: Callable[[], int] = time.time_ns, random: Callable[[int], bytes] = os.urandom) -> None:
        self._clock_ns = clock_ns
        self._random = random
        self._lock = threading.RLock()
        self._last = 0  # the milliseconds and the counter of the last id, as one number

    def new(self) -> str:
        """Return the next id."""
        tail = self._random(8).hex()
        with self._lock:
            ticks = self._clock_ns() // 1_000_000 * _COUNTER_LIMIT
            if ticks <= self._last:
                ticks = self._last + 1
            self._last = ticks
        ms, counter = divmod(ticks, _COUNTER_LIMIT)
        return f"{_head(ms)}{counter:03x}-8{tail[:3]}-{tail[3:15]}"


@lru_cache(maxsize=16)
def _head(ms: int) -> str:
    return f"{ms >> 16:08x}-{ms & 0xFFFF:04x}-7"


_ids = EventIds()
os.register_at_fork(after_in_child=lambda: setattr(_ids, "_lock", threading.RLock()))


def new_event_id() -> str:
    """Return a new event id: a UUIDv7 greater than all earlier ones of this process."""
    return _ids.new()
