"""Create directories and files that only their owner can read: they contain conversations and passwords."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from deploy.embedded.errors import DataDirectoryUnsafe

# The umask of every process of the stack: its files and directories have the modes 0600 and 0700.
UMASK = 0o077
_OTHERS = 0o077
_OTHERS_WRITE = 0o022


def make_private(directory: Path) -> None:
    """Create a directory for its owner alone, or remove the permissions of others from an existing one and its content.

    Refuse a directory that another user owns or can write to: its content may be theirs.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = directory.stat()
    if status.st_uid != os.geteuid():
        raise DataDirectoryUnsafe(f"{directory} belongs to user {status.st_uid}; choose a directory of your own")
    if status.st_mode & _OTHERS_WRITE:
        raise DataDirectoryUnsafe(
            f"others can write to {directory}; check its files and `chmod go-w` it, or choose another directory"
        )
    if status.st_mode & _OTHERS:
        for parent, directories, files in os.walk(directory):
            for name in (*directories, *files):
                _close(Path(parent, name))
        # Last, so that an interrupted walk is repeated at the next start.
        _close(directory)


def keep_secret(path: Path, make: Callable[[], str]) -> str:
    """Return the text of a file that only its owner can read; the first caller writes it atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(make())
            with suppress(FileExistsError):  # another process was first
                os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    return path.read_text()


def _close(path: Path) -> None:
    """Remove the permissions of others from a file or directory; a symbolic link has none of its own."""
    if not path.is_symlink():
        path.chmod(path.stat().st_mode & 0o7777 & ~_OTHERS)
