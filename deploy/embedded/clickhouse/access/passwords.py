"""The passwords of the writer and the reader: from the environment, else made once for a data directory.

The process of the engine gets salted hashes of them and nothing else.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

VARIABLES = {"writer": "CONVOSTREAM_WRITER_PASSWORD", "reader": "CONVOSTREAM_READER_PASSWORD"}


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """A password that can be compared with, and not be read."""

    salt: str
    digest: str

    @classmethod
    def of(cls, password: str) -> "PasswordHash":
        """Hash a password with a salt of its own."""
        salt = secrets.token_hex(16)
        return cls(salt, _digest(salt, password))

    def matches(self, password: str) -> bool:
        """Tell whether this is the password, in a time that says nothing about it."""
        return hmac.compare_digest(self.digest, _digest(self.salt, password))


def _digest(salt: str, password: str) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + password.encode(errors="surrogateescape")).hexdigest()


def passwords(directory: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The password of each user; those that the environment lacks lie in `passwords.json`, readable by its owner."""
    given = {user: environment[name] for user, name in VARIABLES.items() if environment.get(name)}
    return given if len(given) == len(VARIABLES) else _kept(directory) | given


def _kept(directory: Path) -> dict[str, str]:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "passwords.json"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({user: secrets.token_urlsafe(18) for user in VARIABLES}, file)
    except FileExistsError:
        return dict(json.loads(path.read_text()))
    return dict(json.loads(path.read_text()))
