"""The passwords of the writer and the reader: from the environment, or generated once for each data directory.

The engine's process receives only salted hashes of them.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.private import keep_secret

VARIABLES = {"writer": "CONVOSTREAM_WRITER_PASSWORD", "reader": "CONVOSTREAM_READER_PASSWORD"}


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """A salted hash that passwords can be compared with."""

    salt: str
    digest: str

    @classmethod
    def of(cls, password: str) -> "PasswordHash":
        """Hash a password with a new salt."""
        salt = secrets.token_hex(16)
        return cls(salt, _digest(salt, password))

    def matches(self, password: str) -> bool:
        """Return whether this is the password, in constant time."""
        return hmac.compare_digest(self.digest, _digest(self.salt, password))


def _digest(salt: str, password: str) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + password.encode(errors="surrogateescape")).hexdigest()


def passwords(directory: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the password of each user; the file `passwords.json` keeps those that the environment does not have."""
    given = {user: environment[name] for user, name in VARIABLES.items() if environment.get(name)}
    if len(given) == len(VARIABLES):
        return given
    text = keep_secret(
        directory / "passwords.json", lambda: json.dumps({user: secrets.token_urlsafe(18) for user in VARIABLES})
    )
    return {**json.loads(text), **given}
