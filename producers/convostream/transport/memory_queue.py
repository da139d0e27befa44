"""The queue in memory: bounded in bytes, first in, first out, shared by callers and the background thread.

A record counts against the bound from `offer` until `settle`, so records in flight are bounded too.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from convostream.transport.interface import OutgoingRecord
from convostream.transport.queue import Queue, Wake

# Bytes of memory besides key and value: the headers of two bytes objects, a tuple and a slot in the queue.
RECORD_OVERHEAD: Final = 150


def footprint(record: OutgoingRecord) -> int:
    """Return the bytes of memory that a record takes."""
    return len(record.key) + len(record.value) + RECORD_OVERHEAD


class Buffer(Queue):
    """A queue that refuses records instead of growing; its records are lost with the process."""

    kind = "buffer"

    def __init__(self, limit_bytes: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._limit_bytes = limit_bytes
        self._waiting: deque[OutgoingRecord] = deque()
        self._bytes = 0

    @property
    def unsent_bytes(self) -> int:
        """Return the bytes of memory that unsent records take."""
        return self._bytes

    def offer(self, record: OutgoingRecord) -> bool:
        """Accept a record if there is room and the queue is open; count it either way."""
        size = footprint(record)
        with self._settled:
            if not self._open or self._bytes + size > self._limit_bytes:
                return self._refuse()
            self._waiting.append(record)
            self._bytes += size
            return self._accept()

    def take(self, most_bytes: int) -> list[OutgoingRecord]:
        """Return the next records, at least one if there is any; they stay counted until they are settled.

        Only the background thread takes, and the ends of a deque are safe without the lock, so callers never wait.
        """
        waiting = self._waiting
        taken: list[OutgoingRecord] = []
        size = 0
        while waiting and (not taken or size + len(waiting[0].value) <= most_bytes):
            record = waiting.popleft()
            size += len(record.value) + len(record.key)
            taken.append(record)
        return taken

    def settle(self, records: list[OutgoingRecord], *, dropped: bool = False) -> None:
        """Remove records that the broker acknowledged or rejected permanently."""
        size = sum(map(footprint, records))
        with self._settled:
            self._bytes -= size
            self._count_settled(len(records), dropped=dropped)

    def begin(self, wake: Wake) -> None:
        """Do nothing: no other process uses this memory."""

    def abandon(self) -> None:
        """Do nothing: a child has its own copy of this memory."""
