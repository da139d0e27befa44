"""Directories and files that no other user controls: opened without following links, and checked once they are open.

The spool holds what customers said, and it renames and deletes files. So its directory and everything in it must belong
to this user, and only this user may write there. What lies below the spool directory is named relative to a descriptor
of its parent: a path that somebody exchanges in between leads nowhere else.
"""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK the opening of a named pipe would wait for its other end.
_FILE: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_ANOTHER_KIND: Final = (errno.ELOOP, errno.EMLINK, errno.ENOTDIR, errno.EISDIR, errno.ENXIO)
_OTHERS_MAY_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_MOST_LINKS: Final = 40
_ROOT: Final = 0
_ELSEWHERE: Final = "name a directory that this user alone can write"


class UnsafePath(OSError):
    """Another user controls this path, or something else lies there; the text names the path and what to do."""

    def __init__(self, path: Path, problem: str, remedy: str) -> None:
        self.text = f"{path} {problem}; {remedy}"
        super().__init__(errno.EPERM, self.text)

    def __str__(self) -> str:
        return self.text


def open_spool_directory(path: Path, *, create: bool = False) -> int:
    """Return a descriptor of the spool directory after a check of every directory above it.

    Raises UnsafePath when another user can write to it or put another one in its place, and FileNotFoundError when it
    is not there.
    """
    real = _resolved(path)
    if create and not os.path.lexists(real):
        _make(real)
        real = _resolved(path)
    return open_directory(str(real), real, None)


def open_directory(name: str, path: Path, parent: int | None) -> int:
    """Return a descriptor of a directory of this user; `path` is its name in messages."""
    try:
        descriptor = os.open(name, _DIRECTORY, dir_fd=parent)
    except OSError as error:
        if error.errno in _ANOTHER_KIND:
            raise UnsafePath(path, "is a symbolic link or no directory", _ELSEWHERE) from None
        raise
    return _checked(descriptor, path, stat.S_ISDIR)


def open_file(name: str, flags: int, path: Path, parent: int) -> int:
    """Return a descriptor of a regular file of this user in the directory of the parent's descriptor."""
    try:
        descriptor = os.open(name, flags | _FILE, 0o600, dir_fd=parent)
    except OSError as error:
        if error.errno in _ANOTHER_KIND:
            raise UnsafePath(path, "is no regular file", "remove it") from None
        raise
    return _checked(descriptor, path, stat.S_ISREG)


def _checked(descriptor: int, path: Path, is_kind: Callable[[int], bool]) -> int:
    problem = _problem(os.fstat(descriptor), path, is_kind)
    if problem is not None:
        os.close(descriptor)
        raise problem
    return descriptor


def _problem(status: os.stat_result, path: Path, is_kind: Callable[[int], bool]) -> UnsafePath | None:
    if not is_kind(status.st_mode):
        return UnsafePath(path, "is not of the kind that belongs there", "remove it")
    if status.st_uid != os.geteuid():
        return UnsafePath(path, "belongs to another user", _ELSEWHERE)
    if status.st_mode & _OTHERS_MAY_WRITE:
        return UnsafePath(path, "can be written by other users", f"run `chmod go-w {path}`, or {_ELSEWHERE}")
    if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
        return UnsafePath(path, "has a second name (a hard link)", "remove it")
    return None


def _resolved(path: Path) -> Path:
    """Return the path without links above its last component, of which no other user controls any."""
    current = Path(path.anchor)
    waiting = list(reversed(path.parts[1:]))
    links = 0
    while waiting:
        name = waiting.pop()
        here = current.parent if name == ".." else current / name
        if not waiting or not os.path.lexists(here):
            return here.joinpath(*reversed(waiting))
        _check_parent(here, os.lstat(here))
        if not here.is_symlink():
            current = here
            continue
        links += 1
        if links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(here))
        target = current / os.readlink(here)
        waiting += reversed(target.parts[1:])
        current = Path(target.anchor)
    return current


def _check_parent(path: Path, status: os.stat_result) -> None:
    """Refuse what another user can exchange: what belongs to one, or where one may rename and delete."""
    if status.st_uid not in (_ROOT, os.geteuid()):
        raise UnsafePath(path, "belongs to another user", _ELSEWHERE)
    if stat.S_ISLNK(status.st_mode):
        return
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    # A group of our own may write above the spool: volumes of containers and private groups of users are like that.
    # What its members put there instead is refused as theirs.
    others = stat.S_IWOTH if status.st_gid in (os.getegid(), *os.getgroups()) else _OTHERS_MAY_WRITE
    if status.st_mode & others and not status.st_mode & stat.S_ISVTX:
        problem = "can be written by other users and has no sticky bit"
        raise UnsafePath(path, problem, f"run `chmod go-w {path}` or `chmod +t {path}`, or {_ELSEWHERE}")


def _make(path: Path) -> None:
    missing = [directory for directory in (path, *path.parents) if not os.path.lexists(directory)]
    for directory in reversed(missing):
        directory.mkdir(mode=0o700, exist_ok=True)
        sync_directory(directory.parent)


def sync_directory(path: Path) -> None:
    """Bring a directory's names to the disk, where the file system can and we may do that."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            sync_descriptor(descriptor)
        finally:
            os.close(descriptor)
    except PermissionError:
        return


def sync_descriptor(descriptor: int) -> None:
    """Bring the names of an open directory to the disk, where the file system can."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
