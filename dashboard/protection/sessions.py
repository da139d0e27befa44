"""Login sessions, kept in memory: they end with the process, at logout, or after a week."""

import hashlib
import secrets
import time
from collections.abc import Callable
from typing import Final

SESSION_SECONDS: Final = 7 * 24 * 3600
SESSIONS_AT_MOST: Final = 1000


class Sessions:
    """The open sessions by a hash of their cookies; the oldest ends when there are too many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends: dict[bytes, float] = {}

    def begin(self) -> str:
        """Return the cookie of a new session."""
        while len(self._ends) >= SESSIONS_AT_MOST:
            del self._ends[next(iter(self._ends))]
        cookie = secrets.token_urlsafe(32)
        self._ends[_key(cookie)] = self._clock() + SESSION_SECONDS
        return cookie

    def holds(self, cookie: str) -> bool:
        """Return whether a cookie belongs to an open session."""
        return self._ends.get(_key(cookie), 0.0) > self._clock()

    def end(self, cookie: str) -> None:
        """End the session of a cookie, if there is one."""
        self._ends.pop(_key(cookie), None)


def _key(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).digest()
