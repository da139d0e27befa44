"""The spool directory: a home for each process, and how much all of them hold together.

    <spool directory>/
        1775044800123-5f0c9a1e/    a home: the time of its making, so that homes sort by age, and a random part
            lock                   locked by the process that writes here, or that sends what a dead one left
            00000001.log           a segment that takes no more
            00000002.open          the segment that is being written

Everything is readable by the owner alone, for it holds what customers said. Names are relative to descriptors of
directories that were checked when they were opened (`private_paths`): nothing outside is ever written or deleted.
"""

import errno
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from convostream.transport.spool.locks import let_go, take_lock
from convostream.transport.spool.private_paths import open_directory, open_file, open_spool_directory, sync_descriptor

_HOME: Final = re.compile(r"[0-9]{13}-[0-9a-f]{8}")
_SEGMENT: Final = re.compile(r"[0-9]{8}\.(log|open)")
_LOCK: Final = "lock"
_OPEN: Final = ".open"
_CLOSED: Final = ".log"
_SHARE: Final = 256
_LARGEST_SEGMENT: Final = 4 * 2**20
_ATTEMPTS: Final = 10


class Home:
    """A directory of segments, locked for as long as this object lives in this process."""

    def __init__(self, directory: "SpoolDirectory", path: Path, descriptor: int, lock: int) -> None:
        self.path = path
        self.unsent_segments = 0
        self._directory = directory
        self._descriptor = descriptor
        self._lock = lock
        self._last = 0

    def next_name(self) -> str:
        """Return the name of the next segment to be written."""
        self._last += 1
        return f"{self._last:08d}{_OPEN}"

    def left_segments(self) -> list[str]:
        """Return the segments that lie here, oldest first, none of them open unless the disk is read-only."""
        return [self._closed(name) for name in sorted(os.listdir(self._descriptor)) if _SEGMENT.fullmatch(name)]

    def open(self, name: str, flags: int) -> int:
        """Return a descriptor of a file of this home."""
        return open_file(name, flags, self.path / name, self._descriptor)

    def close_name(self, name: str) -> str:
        """Rename an open segment to a closed one and return its name."""
        closed = name.removesuffix(_OPEN) + _CLOSED
        os.rename(name, closed, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
        return closed

    def delete(self, name: str) -> None:
        """Delete a file of this home, if it is there."""
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._descriptor)

    def sync(self) -> None:
        """Bring the names of the segments to the disk."""
        sync_descriptor(self._descriptor)

    def remove(self) -> None:
        """Delete the home, which has no segments any more; on OSError it stays locked."""
        self.delete(_LOCK)
        self._directory.remove(self.path.name, os.fstat(self._descriptor))
        self.leave()

    def leave(self) -> None:
        """Let the lock go; what lies here is another process's from now on."""
        lock, self._lock = self._lock, -1
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
        let_go(lock)

    def _closed(self, name: str) -> str:
        if name.endswith(_CLOSED):
            return name
        try:
            return self.close_name(name)
        except OSError:  # it can still be read and sent; only the count of bytes takes it for open
            return name


class SpoolDirectory:
    """The directory that all processes share, bounded in bytes."""

    def __init__(self, path: Path, limit_bytes: int, *, clock: Callable[[], float] = time.time) -> None:
        self.segment_bytes: Final = max(1, min(_LARGEST_SEGMENT, limit_bytes // _SHARE))
        self._path = path
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._reported: set[str] = set()

    def check(self) -> None:
        """Raise UnsafePath when another user controls the directory; it need not be there yet."""
        with suppress(FileNotFoundError), self._opened():
            pass

    def move_in(self) -> Home:
        """Make a home for this process."""
        with self._opened(create=True) as parent:
            for _ in range(_ATTEMPTS):  # another process may take a home for a dead one's before it is locked
                name = f"{self._next_age(parent):013d}-{secrets.token_hex(4)}"
                os.mkdir(name, 0o700, dir_fd=parent)
                home = self._lock(name, parent, create=True)
                if home is not None:
                    return home
        raise OSError(errno.EAGAIN, "no home could be locked")

    def claim(self, note_failure: Callable[[OSError], None]) -> list[Home]:
        """Lock and return the homes of processes that are dead, oldest first; report once what is none of ours."""
        claimed: list[Home] = []
        with suppress(FileNotFoundError), self._opened() as parent:
            for name in sorted(_homes(parent)):
                try:
                    home = self._lock(name, parent)
                except FileNotFoundError:  # deleted meanwhile
                    continue
                except OSError as error:
                    if name not in self._reported:
                        self._reported.add(name)
                        note_failure(error)
                    continue
                if home is not None:
                    claimed.append(home)
        return claimed

    def overfull(self) -> bool:
        """Tell whether all segments together are beyond the bound; an open one counts as what it may grow to.

        Who has made a segment asks afterwards and deletes it again: so of two processes that do this at once, at
        least one sees both.
        """
        with self._opened() as parent:
            return sum(self._used(name, parent) for name in _homes(parent)) > self._limit_bytes

    def remove(self, name: str, expected: os.stat_result) -> None:
        """Delete an empty home, if its name still stands for this directory."""
        with self._opened() as parent:
            if os.path.samestat(os.stat(name, dir_fd=parent, follow_symlinks=False), expected):
                os.rmdir(name, dir_fd=parent)

    def sync(self, home: Home) -> None:
        """Bring the names of the home and of its segments to the disk."""
        with self._opened() as parent:
            sync_descriptor(parent)
        home.sync()

    @contextmanager
    def _opened(self, *, create: bool = False) -> Iterator[int]:
        descriptor = open_spool_directory(self._path, create=create)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _lock(self, name: str, parent: int, *, create: bool = False) -> Home | None:
        path = self._path / name
        descriptor = open_directory(name, path, parent)
        try:
            lock = take_lock(_LOCK, path / _LOCK, descriptor, create=create)
        except OSError:
            os.close(descriptor)
            raise
        if lock is None:
            os.close(descriptor)
            return None
        return Home(self, path, descriptor, lock)

    def _next_age(self, parent: int) -> int:
        """Return now in milliseconds, or more when a home is as young as that: the order of homes is that of making."""
        youngest = max((int(name.partition("-")[0]) for name in _homes(parent)), default=0)
        return max(int(self._clock() * 1000), youngest + 1)

    def _used(self, name: str, parent: int) -> int:
        used = 0
        try:
            descriptor = open_directory(name, self._path / name, parent)
        except OSError:  # sent and deleted meanwhile, or none of ours, which `claim` reports
            return 0
        try:
            with os.scandir(descriptor) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):
                        used += self._counted(entry)
        finally:
            os.close(descriptor)
        return used

    def _counted(self, entry: "os.DirEntry[str]") -> int:
        if not _SEGMENT.fullmatch(entry.name):
            return 0
        size = entry.stat(follow_symlinks=False).st_size
        return max(size, self.segment_bytes) if entry.name.endswith(_OPEN) else size


def _homes(parent: int) -> Iterator[str]:
    return (name for name in os.listdir(parent) if _HOME.fullmatch(name))
