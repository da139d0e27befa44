"""Delay the responses to failed logins, more so after many of them, and count them in the log.

A correct password is never delayed, so nobody can lock a user out.
"""

import logging
import time
from collections.abc import Callable

_SECONDS_EACH = 0.1
_MOST_SECONDS = 2.0
_LOG_SECONDS = 1.0
_logger = logging.getLogger(__name__)


class FailedLogins:
    """A count of failed logins that decreases by one a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._level = 0.0
        self._changed = clock()
        self._logged = -_LOG_SECONDS
        self._unlogged = 0

    def note(self, user: str, peer: str | None) -> float:
        """Count a failed login of a user; return the seconds by which to delay its response."""
        now = self._clock()
        self._level = min(_MOST_SECONDS / _SECONDS_EACH, max(0.0, self._level - (now - self._changed)) + 1)
        self._changed = now
        self._unlogged += 1
        if now - self._logged >= _LOG_SECONDS:
            _logger.warning("%d failed logins, the last one as %s from %s", self._unlogged, user, peer)
            self._logged, self._unlogged = now, 0
        return _SECONDS_EACH * self._level
