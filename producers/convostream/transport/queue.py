"""The queue between the tracking calls and the background thread: records wait in order and are counted.

Two implementations: `transport.memory_queue.Buffer` in memory, and `transport.spool.Spool` on disk.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from convostream.transport.interface import OutgoingRecord, Stats

# Wakes the background thread.
Wake = Callable[[], None]


class Queue(ABC):
    """Accept or refuse records, return them in order, and count them.

    The lock is reentrant, because a signal handler may track during a call.
    """

    # What a queue of this kind is called in messages.
    kind: ClassVar[str]

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._settled = threading.Condition(threading.RLock())
        self._open = True
        self._ready = True  # False while it is not known yet what earlier processes left
        self._accepted = self._recovered = self._sent = self._dropped = self._refused = self._failures = 0

    @abstractmethod
    def offer(self, record: OutgoingRecord) -> bool:
        """Accept a record if there is room and the queue is open; count it either way."""

    @abstractmethod
    def take(self, most_bytes: int) -> list[OutgoingRecord]:
        """Return the next records, at least one if there is any; they stay counted until they are settled."""

    @abstractmethod
    def settle(self, records: list[OutgoingRecord], *, dropped: bool = False) -> None:
        """Remove records that the broker acknowledged or rejected permanently."""

    @property
    @abstractmethod
    def unsent_bytes(self) -> int:
        """Return the bytes that unsent records take."""

    @property
    def corrupt_frames(self) -> int:
        """Return the number of corrupt frames in a spool."""
        return 0

    @property
    def spool_failures(self) -> int:
        """Return how often the disk of a spool failed."""
        return 0

    def claim(self) -> bool:
        """Tell whether there is something to send before the first offer."""
        return False

    @abstractmethod
    def begin(self, wake: Wake) -> None:
        """Start background work, if there is any; from now on there is a background thread."""

    def release(self) -> int:
        """Release what other processes may need; return how many unsent records they will find."""
        return 0

    @abstractmethod
    def abandon(self) -> None:
        """Leave everything to the parent process; called in a forked child."""

    def close(self) -> None:
        """Refuse records from now on."""
        with self._settled:
            self._open = False

    @property
    def refused(self) -> int:
        """Return how many records were refused."""
        return self._refused

    def count_failure(self) -> int:
        """Count a failed attempt to send and return how many there were."""
        with self._settled:
            self._failures += 1
            return self._failures

    def wait_settled(self, timeout: float) -> int:
        """Wait until all records accepted before are settled, at most `timeout` seconds; return how many are unsent."""
        deadline = self._clock() + timeout
        with self._settled:
            while not self._ready and (left := deadline - self._clock()) > 0:
                self._settled.wait(left)
            goal = self._accepted + self._recovered
            while self._sent + self._dropped < goal and (left := deadline - self._clock()) > 0:
                self._settled.wait(left)
            return self._unsent()

    def stats(self) -> Stats:
        """Return the counts so far."""
        unsent_bytes = self.unsent_bytes  # first, since it may take a lock that goes before this one
        with self._settled:
            return Stats(
                accepted=self._accepted,
                sent=self._sent,
                refused=self._refused,
                dropped=self._dropped,
                unsent=self._unsent(),
                unsent_bytes=unsent_bytes,
                failures=self._failures,
                recovered=self._recovered,
                corrupt_frames=self.corrupt_frames,
                spool_failures=self.spool_failures,
            )

    def _accept(self) -> bool:
        """Count an accepted record; the caller holds the lock of all offers."""
        self._accepted += 1
        return True

    def _refuse(self) -> bool:
        """Count a refused record; the caller holds the lock of all offers."""
        self._refused += 1
        return False

    def _count_settled(self, count: int, *, dropped: bool) -> None:
        with self._settled:
            if dropped:
                self._dropped += count
            else:
                self._sent += count
            self._settled.notify_all()

    def _unsent(self) -> int:
        return self._accepted + self._recovered - self._sent - self._dropped
