"""Watches the disk of a data directory, because the engine in chDB takes no notice when the kernel refuses to write.

It acknowledges inserts, and puts merged parts in the place of whole ones, although their files are empty. So whatever
changed data while the disk was full is answered with an error here, for the client to try again; and once there is
space again the engine is started anew: then it looks its parts over, leaves the broken ones out, and takes those back
that they were merged from, which it keeps for eight minutes.
"""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

# What the tables ask for before they take an insert (`min_free_disk_bytes_to_perform_insert`).
LEAST_BYTES: Final = 16 * 1024**2

ENOUGH_BYTES: Final = 2 * LEAST_BYTES
LOOK_SECONDS: Final = 0.02


class Disk:
    """How much space a directory's disk has, looked at all the time."""

    def __init__(self, directory: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.directory = directory
        self._clock = clock
        self._full_at: float | None = None
        self._stopped = threading.Event()

    def watch(self, on_relief: Callable[[], object]) -> None:
        """Begin to look; `on_relief` is called once, in a thread, when there is space again after there was none."""
        threading.Thread(target=self._watch, args=(on_relief,), name="disk", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def was_full_since(self, moment: float) -> bool:
        """Tell whether the disk was full at any time since a moment of the clock."""
        return self._full_at is not None and self._full_at >= moment

    def now(self) -> float:
        """Return this moment by the clock."""
        return self._clock()

    def look(self) -> bool:
        """Look once; tell whether there is space again after there was none."""
        usage = os.statvfs(self.directory)
        free = usage.f_bavail * usage.f_frsize
        if free < LEAST_BYTES:
            self._full_at = self._clock()
        return self._full_at is not None and free >= ENOUGH_BYTES

    def _watch(self, on_relief: Callable[[], object]) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            if self.look():
                on_relief()
                return
