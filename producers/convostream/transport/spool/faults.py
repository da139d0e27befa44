"""Count and log failures of the spool's disk. They are never raised into the agent."""

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from convostream.transport.spool.private_paths import UnsafePath

log = logging.getLogger("convostream")


def _reason(error: OSError) -> str:
    if isinstance(error, UnsafePath):
        return error.text
    return os.strerror(error.errno) if error.errno else type(error).__name__


class Faults:
    """Counts failures of the disk and corrupt frames."""

    def __init__(self) -> None:
        self.failures = 0
        self.corrupt_frames = 0
        self._lock = threading.RLock()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count, log and suppress an OSError of this block."""
        try:
            yield
        except OSError as error:
            self.note_failure(error)

    def note_failure(self, error: OSError) -> None:
        """Count a failure, and log it at powers of two, with the reason of the system."""
        with self._lock:
            self.failures += 1
            failures = self.failures
        if failures & (failures - 1) == 0:  # at powers of two
            reason = _reason(error)
            log.warning("the spool's disk failed (%s), %d failures so far; it will be retried", reason, failures)

    def note_corruption(self, path: Path, ranges: Sequence[tuple[int, int]]) -> None:
        """Count and log corrupt byte ranges (first byte, byte after the last) of a file."""
        with self._lock:
            self.corrupt_frames += len(ranges)
        for begin, end in ranges:
            log.warning("%s is corrupt: %d bytes from byte %d on are not a complete frame", path, end - begin, begin)

    def note_loss(self, path: Path, events: int) -> None:
        """Log that accepted events cannot be read back."""
        log.warning("%d events of %s cannot be read back", events, path)
