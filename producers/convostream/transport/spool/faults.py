"""What goes wrong with the disk: counted, logged ever more rarely, and never raised into the agent."""

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
    """Counts failures of the disk, and damaged stretches of its files."""

    def __init__(self) -> None:
        self.failures = 0
        self.damaged = 0
        self._lock = threading.RLock()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count and log an OSError of this block, which ends there."""
        try:
            yield
        except OSError as error:
            self.note_failure(error)

    def note_failure(self, error: OSError) -> None:
        """Count a failure; the error's number says what to do about it."""
        with self._lock:
            self.failures += 1
            failures = self.failures
        if failures & (failures - 1) == 0:  # the first one and then ever fewer
            reason = _reason(error)
            log.warning("the spool's disk failed (%s), %d failures so far; trying on", reason, failures)

    def note_damage(self, path: Path, stretches: Sequence[tuple[int, int]]) -> None:
        """Count and log stretches of a file that hold no events any more."""
        with self._lock:
            self.damaged += len(stretches)
        for begin, end in stretches:
            log.warning("%s is damaged: %d bytes from byte %d on are no whole event", path, end - begin, begin)

    def note_loss(self, path: Path, events: int) -> None:
        """Log that events which were accepted cannot be read back."""
        log.warning("%d events of %s cannot be read back", events, path)
