"""Lock files for one process with `flock`; the system releases the locks however the process ends.

A forked child shares the open files of its parent and would keep the locks after the parent's death, so it closes them
at once. No fork can happen between opening a lock file and registering its descriptor.
"""

import os
import sys
import threading
from pathlib import Path
from typing import Final

from convostream.transport.spool.private_paths import open_file

if sys.platform != "win32":
    import fcntl

_held: Final[set[int]] = set()
_taking: Final = threading.RLock()


def take_lock(name: str, path: Path, parent: int, *, create: bool = False) -> int | None:
    """Lock a file and return its descriptor, or None if another process holds the lock or the file is missing.

    Raises OSError if the file cannot be opened for another reason, UnsafePath if it is not a file of this user.
    """
    with _taking:
        try:
            descriptor = open_file(name, os.O_RDONLY | (os.O_CREAT | os.O_EXCL if create else 0), path, parent)
        except FileNotFoundError:
            return None
        if _lock(descriptor) and _is(name, parent, descriptor):
            _held.add(descriptor)
            return descriptor
        os.close(descriptor)
        return None


def release_lock(descriptor: int) -> None:
    """Release a lock. Does nothing if the descriptor does not hold one."""
    with _taking:
        if descriptor in _held:
            _held.remove(descriptor)
            os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is(name: str, parent: int, descriptor: int) -> bool:
    """Return whether the name still refers to this file: the last holder may have deleted it."""
    try:
        return os.path.samestat(os.stat(name, dir_fd=parent, follow_symlinks=False), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _forget_in_child() -> None:
    for descriptor in _held:
        os.close(descriptor)  # the lock itself stays with the parent
    _held.clear()
    _taking.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_taking.acquire, after_in_parent=_taking.release, after_in_child=_forget_in_child)
