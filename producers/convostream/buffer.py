"""The records on their way: bounded in bytes, first in first out, shared by the callers and the publisher's thread.

A record counts against the bound from `offer` until `settle`, so what is in flight is bounded too.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from convostream.transport import Record, Stats

RECORD_OVERHEAD: Final = 150
"""Bytes of memory besides key and value: the headers of two bytes objects, a tuple and a place in the queue."""


def footprint(record: Record) -> int:
    """Return the bytes of memory that a record holds."""
    return len(record.key) + len(record.value) + RECORD_OVERHEAD


class Buffer:
    """A queue that refuses instead of growing, and counts what passes."""

    def __init__(self, limit_bytes: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._settled = threading.Condition(threading.Lock())
        self._waiting: deque[Record] = deque()
        self._open = True
        self._bytes = self._accepted = self._sent = self._dropped = self._refused = self._failures = 0

    def offer(self, record: Record) -> bool:
        """Take the record if there is room and the buffer is open; count it either way."""
        size = footprint(record)
        with self._settled:
            if not self._open or self._bytes + size > self._limit_bytes:
                self._refused += 1
                return False
            self._waiting.append(record)
            self._bytes += size
            self._accepted += 1
            return True

    def take(self, most_bytes: int) -> list[Record]:
        """Return the next records, at least one if there is any; they stay counted until they are settled.

        Only the publisher takes, and a deque's ends are safe without the lock: the callers never wait for this.
        """
        waiting = self._waiting
        taken: list[Record] = []
        size = 0
        while waiting and (not taken or size + len(waiting[0].value) <= most_bytes):
            record = waiting.popleft()
            size += len(record.value) + len(record.key)
            taken.append(record)
        return taken

    def settle(self, records: list[Record], *, dropped: bool = False) -> None:
        """Forget records that the broker acknowledged, or refused for good."""
        size = sum(map(footprint, records))
        with self._settled:
            self._bytes -= size
            if dropped:
                self._dropped += len(records)
            else:
                self._sent += len(records)
            self._settled.notify_all()

    def count_failure(self) -> int:
        """Count a failed attempt and return how many there were."""
        with self._settled:
            self._failures += 1
            return self._failures

    def close(self) -> None:
        """Refuse from now on."""
        with self._settled:
            self._open = False

    def wait_settled(self, timeout: float) -> int:
        """Wait until everything accepted before this call is settled, at most so long; return how many are unsent."""
        deadline = self._clock() + timeout
        with self._settled:
            goal = self._accepted
            while self._sent + self._dropped < goal and (left := deadline - self._clock()) > 0:
                self._settled.wait(left)
            return self._accepted - self._sent - self._dropped

    def stats(self) -> Stats:
        """Return the counts so far."""
        with self._settled:
            return Stats(
                accepted=self._accepted,
                sent=self._sent,
                refused=self._refused,
                dropped=self._dropped,
                unsent=self._accepted - self._sent - self._dropped,
                unsent_bytes=self._bytes,
                failures=self._failures,
            )
