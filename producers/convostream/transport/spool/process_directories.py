"""Manage the spool directory: one directory per process, and a limit on their total size.

    <spool directory>/
        1775044800123-5f0c9a1e/    a process directory: creation time, so that names sort by age, and a random part
            lock                   locked by the process that writes here, or that sends the events of a dead one
            00000001.log           a closed segment
            00000002.open          the segment that is being written

Only the owner can read the files, because they hold what customers said. File names are relative to descriptors of
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

from convostream.transport.spool.locks import release_lock, take_lock
from convostream.transport.spool.private_paths import open_directory, open_file, open_spool_directory, sync_descriptor

_PROCESS_DIRECTORY: Final = re.compile(r"[0-9]{13}-[0-9a-f]{8}")
_SEGMENT: Final = re.compile(r"[0-9]{8}\.(log|open)")
_LOCK: Final = "lock"
_OPEN: Final = ".open"
_CLOSED: Final = ".log"
_SHARE: Final = 256
_LARGEST_SEGMENT: Final = 4 * 2**20
_ATTEMPTS: Final = 10


class ProcessDirectory:
    """The segments of one process. The directory stays locked until `leave` or the end of this process."""

    def __init__(self, directory: "SpoolDirectory", path: Path, descriptor: int, lock: int) -> None:
        self.path = path
        self.unsent_segments = 0
        self._directory = directory
        self._descriptor = descriptor
        self._lock = lock
        self._last = 0

    def next_name(self) -> str:
        """Return the name of the next segment to write."""
        self._last += 1
        return f"{self._last:08d}{_OPEN}"

    def segment_names(self) -> list[str]:
        """Return the names of the segments, oldest first. Close open ones, unless the disk is read-only."""
        return [self._closed(name) for name in sorted(os.listdir(self._descriptor)) if _SEGMENT.fullmatch(name)]

    def open(self, name: str, flags: int) -> int:
        """Return a descriptor of a file of this directory."""
        return open_file(name, flags, self.path / name, self._descriptor)

    def close_name(self, name: str) -> str:
        """Rename an open segment to a closed one and return its name."""
        closed = name.removesuffix(_OPEN) + _CLOSED
        os.rename(name, closed, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
        return closed

    def delete(self, name: str) -> None:
        """Delete a file of this directory if it exists."""
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._descriptor)

    def sync(self) -> None:
        """Sync the names of the segments to disk."""
        sync_descriptor(self._descriptor)

    def remove(self) -> None:
        """Delete the directory, which must have no segments. On OSError it stays locked."""
        self.delete(_LOCK)
        self._directory.remove(self.path.name, os.fstat(self._descriptor))
        self.leave()

    def leave(self) -> None:
        """Release the lock; from now on another process may take the directory over."""
        lock, self._lock = self._lock, -1
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
        release_lock(lock)

    def _closed(self, name: str) -> str:
        if name.endswith(_CLOSED):
            return name
        try:
            return self.close_name(name)
        except OSError:  # it can still be read and sent; only the byte count treats it as open
            return name


class SpoolDirectory:
    """The directory that all processes share, limited in bytes."""

    def __init__(self, path: Path, limit_bytes: int, *, clock: Callable[[], float] = time.time) -> None:
        self.segment_bytes: Final = max(1, min(_LARGEST_SEGMENT, limit_bytes // _SHARE))
        self._path = path
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._reported: set[str] = set()

    def check(self) -> None:
        """Raise UnsafePath if another user controls the directory. It does not have to exist yet."""
        with suppress(FileNotFoundError), self._opened():
            pass

    def create(self) -> ProcessDirectory:
        """Create and lock a directory for this process."""
        with self._opened(create=True) as parent:
            for _ in range(_ATTEMPTS):  # another process may claim the new directory before it is locked
                name = f"{self._next_age(parent):013d}-{secrets.token_hex(4)}"
                os.mkdir(name, 0o700, dir_fd=parent)
                directory = self._lock(name, parent, create=True)
                if directory is not None:
                    return directory
        raise OSError(errno.EAGAIN, "no process directory could be locked")

    def claim(self, note_failure: Callable[[OSError], None]) -> list[ProcessDirectory]:
        """Lock and return the directories of dead processes, oldest first. Report a foreign or unsafe one once."""
        claimed: list[ProcessDirectory] = []
        with suppress(FileNotFoundError), self._opened() as parent:
            for name in sorted(_process_directory_names(parent)):
                try:
                    directory = self._lock(name, parent)
                except FileNotFoundError:  # deleted in the meantime
                    continue
                except OSError as error:
                    if name not in self._reported:
                        self._reported.add(name)
                        note_failure(error)
                    continue
                if directory is not None:
                    claimed.append(directory)
        return claimed

    def overfull(self) -> bool:
        """Return whether all segments together exceed the limit. An open one counts with the size it may grow to.

        Call this after creating a segment, and delete the segment again if it is true. So if two processes create
        one at the same time, at least one of them counts both.
        """
        with self._opened() as parent:
            return sum(self._used(name, parent) for name in _process_directory_names(parent)) > self._limit_bytes

    def remove(self, name: str, expected: os.stat_result) -> None:
        """Delete an empty directory if its name still refers to the expected one."""
        with self._opened() as parent:
            if os.path.samestat(os.stat(name, dir_fd=parent, follow_symlinks=False), expected):
                os.rmdir(name, dir_fd=parent)

    def sync(self, directory: ProcessDirectory) -> None:
        """Sync the names of a process directory and of its segments to disk."""
        with self._opened() as parent:
            sync_descriptor(parent)
        directory.sync()

    @contextmanager
    def _opened(self, *, create: bool = False) -> Iterator[int]:
        descriptor = open_spool_directory(self._path, create=create)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _lock(self, name: str, parent: int, *, create: bool = False) -> ProcessDirectory | None:
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
        return ProcessDirectory(self, path, descriptor, lock)

    def _next_age(self, parent: int) -> int:
        """Return the time in milliseconds, later than every existing directory, so that names sort by creation."""
        youngest = max((int(name.partition("-")[0]) for name in _process_directory_names(parent)), default=0)
        return max(int(self._clock() * 1000), youngest + 1)

    def _used(self, name: str, parent: int) -> int:
        used = 0
        try:
            descriptor = open_directory(name, self._path / name, parent)
        except OSError:  # deleted in the meantime, or foreign, which `claim` reports
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


def _process_directory_names(parent: int) -> Iterator[str]:
    return (name for name in os.listdir(parent) if _PROCESS_DIRECTORY.fullmatch(name))
