"""Watch the disk of a data directory, because the engine in chDB ignores failed writes.

On a full disk it acknowledges inserts, and replaces intact parts by merged ones, although their files are empty. So a
change that ran while the disk was full gets an error here, and the client retries it. Once there is space again, the
engine restarts: it checks its parts, detaches the broken ones, and restores those that they were merged from, which it
keeps for eight minutes.
"""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

# The tables require it for an insert (`min_free_disk_bytes_to_perform_insert`).
LEAST_BYTES: Final = 16 * 1024**2

ENOUGH_BYTES: Final = 2 * LEAST_BYTES
POLL_SECONDS: Final = 0.02


class Disk:
    """The free space of a directory's disk, polled all the time."""

    def __init__(self, directory: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.directory = directory
        self._clock = clock
        self._full_at: float | None = None
        self._stopped = threading.Event()

    def watch(self, on_relief: Callable[[], object]) -> None:
        """Start polling; call `on_relief` once, in a thread, when there is space again after the disk was full."""
        threading.Thread(target=self._watch, args=(on_relief,), name="disk", daemon=True).start()

    def stop(self) -> None:
        """Stop polling."""
        self._stopped.set()

    def was_full_since(self, moment: float) -> bool:
        """Return whether the disk was full at any time since a moment of the clock."""
        return self._full_at is not None and self._full_at >= moment

    def now(self) -> float:
        """Return the current time of the clock."""
        return self._clock()

    def poll(self) -> bool:
        """Poll once; return whether there is space again after the disk was full."""
        usage = os.statvfs(self.directory)
        free = usage.f_bavail * usage.f_frsize
        if free < LEAST_BYTES:
            self._full_at = self._clock()
        return self._full_at is not None and free >= ENOUGH_BYTES

    def _watch(self, on_relief: Callable[[], object]) -> None:
        while not self._stopped.wait(POLL_SECONDS):
            if self.poll():
                on_relief()
                return
