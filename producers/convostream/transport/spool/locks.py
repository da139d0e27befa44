"""Locks of the spool: held by one process, and let go by the system however that process ends.

They are `flock` locks. A forked child shares its parent's open files and would hold the parent's locks beyond the
parent's death; so it closes them at once, and no fork happens between the opening of a lock's file and the note of it.
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
    """Lock this file and return the lock's descriptor; nothing when another process has it or it is not there.

    Raises OSError when the file cannot be opened for another reason, UnsafePath when it is no file of this user.
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


def let_go(descriptor: int) -> None:
    """Unlock; a descriptor that is not held (any more) is left alone."""
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
    """Tell whether the name still stands for this file: its last holder may have deleted it meanwhile."""
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
