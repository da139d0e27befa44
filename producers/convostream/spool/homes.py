"""The spool directory: a home for each process, and how much all of them hold together.

    <spool directory>/
        1775044800123-5f0c9a1e/    a home: the time of its making, so that homes sort by age, and a random part
            lock                   locked by the process that writes here, or that sends what a dead one left
            00000001.log           a segment that takes no more
            00000002.open          the segment that is being written

Everything is readable by the owner alone, for it holds what customers said.
"""

import errno
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from convostream.spool.locks import let_go, take_lock

_HOME: Final = re.compile(r"\d{13}-[0-9a-f]{8}")
_LOCK: Final = "lock"
_OPEN: Final = ".open"
_CLOSED: Final = ".log"
_SHARE: Final = 256
_LARGEST_SEGMENT: Final = 4 * 2**20
_ATTEMPTS: Final = 10
_CANNOT_SYNC: Final = (errno.EINVAL, errno.ENOTSUP, errno.EACCES)


class Home:
    """A directory of segments, locked for as long as this object lives in this process."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.unsent_segments = 0
        self._lock = lock
        self._last = 0

    def next_path(self) -> Path:
        """Return where the next segment is to be written."""
        self._last += 1
        return self.path / f"{self._last:08d}{_OPEN}"

    def left_segments(self) -> list[Path]:
        """Return the segments that lie here, oldest first, none of them open unless the disk is read-only."""
        return [_closed(path) for path in sorted(self.path.iterdir()) if path.suffix in (_OPEN, _CLOSED)]

    def remove(self) -> None:
        """Delete the home, which has no segments any more; on OSError it stays locked."""
        (self.path / _LOCK).unlink(missing_ok=True)
        self.path.rmdir()
        self.leave()

    def leave(self) -> None:
        """Let the lock go; what lies here is another process's from now on."""
        lock, self._lock = self._lock, -1
        let_go(lock)


class SpoolDirectory:
    """The directory that all processes share, bounded in bytes."""

    def __init__(self, path: Path, limit_bytes: int, *, clock: Callable[[], float] = time.time) -> None:
        self.segment_bytes: Final = max(1, min(_LARGEST_SEGMENT, limit_bytes // _SHARE))
        self._path = path
        self._limit_bytes = limit_bytes
        self._clock = clock

    def move_in(self) -> Home:
        """Make a home for this process."""
        if not self._path.is_dir():
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_directory(self._path.parent)
        for _ in range(_ATTEMPTS):  # another process may take a home for a dead one's before it is locked
            path = self._path / f"{self._next_age():013d}-{secrets.token_hex(4)}"
            path.mkdir(mode=0o700)
            lock = take_lock(path / _LOCK, create=True)
            if lock is not None:
                return Home(path, lock)
        raise OSError(errno.EAGAIN, "no home could be locked")

    def _next_age(self) -> int:
        """Return now in milliseconds, or more when a home is as young as that: the order of homes is that of making."""
        youngest = max((int(home.name.partition("-")[0]) for home in self._homes()), default=0)
        return max(int(self._clock() * 1000), youngest + 1)

    def claim(self) -> list[Home]:
        """Lock and return the homes of processes that are dead, oldest first."""
        claimed = []
        for path in sorted(self._homes()):
            lock = take_lock(path / _LOCK)
            if lock is not None:
                claimed.append(Home(path, lock))
        return claimed

    def overfull(self) -> bool:
        """Tell whether all segments together are beyond the bound; an open one counts as what it may grow to.

        Who has made a segment asks afterwards and deletes it again: so of two processes that do this at once, at
        least one sees both.
        """
        return sum(map(self._used, self._homes())) > self._limit_bytes

    def sync(self, home: Home) -> None:
        """Bring the names of the home and of its segments to the disk."""
        for path in (self._path, home.path):
            sync_directory(path)

    def _homes(self) -> Iterator[Path]:
        if self._path.is_dir():
            yield from (path for path in self._path.iterdir() if _HOME.fullmatch(path.name))

    def _used(self, home: Path) -> int:
        used = 0
        try:
            with os.scandir(home) as entries:
                for entry in entries:
                    if entry.name.endswith(_CLOSED):
                        used += entry.stat().st_size
                    elif entry.name.endswith(_OPEN):
                        used += max(entry.stat().st_size, self.segment_bytes)
        except (FileNotFoundError, PermissionError):  # sent and deleted meanwhile; or another user's
            return used
        return used


def sync_directory(path: Path) -> None:
    """Bring a directory's names to the disk, where the file system can and we may do that."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise


def closed_name(path: Path) -> Path:
    """Rename an open segment to a closed one and return its path."""
    return path.rename(path.with_suffix(_CLOSED))


def _closed(path: Path) -> Path:
    if path.suffix == _CLOSED:
        return path
    try:
        return closed_name(path)
    except OSError:  # it can still be read and sent; only the count of bytes takes it for open
        return path
