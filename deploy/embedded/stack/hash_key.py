"""The key under which the stack's workers hash texts: from the environment, else made once for a data directory."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

VARIABLE = "CONVOSTREAM_HASH_KEY"


def hash_key(directory: Path, environment: Mapping[str, str] = os.environ) -> str:
    """The key that the environment has, else that of the file `hash_key`, readable by its owner alone."""
    return environment.get(VARIABLE) or _kept(directory / "hash_key")


def _kept(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f"hash_key.{os.getpid()}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32))
    try:
        with suppress(FileExistsError):  # the first one stays
            os.link(made, path)  # whole or not at all
    finally:
        made.unlink()
    return path.read_text()
