"""Lock a data directory for one process, and record unclean stops."""

import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.embedded.errors import DataDirectoryTaken
from deploy.embedded.private import make_private

RUNNING = "running"
UNCLEAN_STOPS = "unclean-stops"
AUDIT_DUE = "audit-due"


class Ownership:
    """Owns a data directory while the context lasts.

    The file `running` exists from a start to a clean stop. Found at a start, it means that the engine was killed, and a
    line in `unclean-stops` records that. After such a stop a block may be in one table and not in another, so the
    tables must be audited. Until then there is a file `audit-due`, which the auditor removes.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file = -1
        self.was_unclean = False

    def __enter__(self) -> Self:
        make_private(self._directory)
        self._file = os.open(self._directory / "owner", os.O_RDWR | os.O_CREAT, 0o600)
        self._lock()
        self.was_unclean = (self._directory / RUNNING).exists()
        if self.was_unclean:
            self._note_unclean_stop()
        (self._directory / RUNNING).touch()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            (self._directory / RUNNING).unlink(missing_ok=True)
        os.close(self._file)

    def fileno(self) -> int:
        """Return the locked file. A process that inherits it shares the lock until both have ended."""
        return self._file

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(self._file, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise DataDirectoryTaken(
                f"{self._directory} is in use by process {holder}; stop it or choose another data directory"
            ) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def _note_unclean_stop(self) -> None:
        (self._directory / AUDIT_DUE).touch()
        with (self._directory / UNCLEAN_STOPS).open("a") as stops:
            stops.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} found after an unclean stop\n")
