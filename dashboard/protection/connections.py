"""Connections of slow and of idle clients: bounded in number, in the time for a request, and in the pace of reading."""

import asyncio
from contextlib import suppress
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

# How long a client may take to send a request, headers and body together.
REQUEST_SECONDS: Final = 20.0

# How long a client may take to read what is ready for it before more is written.
STALLED_SECONDS: Final = 30.0

# Longest request line and headers together; filters and cursors in an address are long.
HEAD_BYTES: Final = 64 * 1024

CONNECTIONS_AT_MOST: Final = 4096
SPARE_FILES: Final = 128


class BoundedConnection(H11Protocol):
    """An HTTP connection that is cut when its client sends or reads too slowly, or when idle ones are too many."""

    _deadline: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    at_most = CONNECTIONS_AT_MOST
    request_seconds = REQUEST_SECONDS
    stalled_seconds = STALLED_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base does
        """Start the time for the first request; make room when there are too many connections."""
        super().connection_made(transport)
        self._expect_request()
        if len(self.connections) > self.at_most:
            others = (each for each in self.connections if isinstance(each, BoundedConnection) and each is not self)
            next((each for each in others if each._is_idle()), self).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        self._stop_deadline()
        self._stop_stall()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; the time for a request ends when all of it is there."""
        self._expect_request()
        super().data_received(data)
        if self.cycle is not None and not self.cycle.more_body:
            self._stop_deadline()

    def pause_writing(self) -> None:
        """Give a client that does not read some time."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self.stalled_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the client reads."""
        self._stop_stall()
        super().resume_writing()

    def _expect_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.request_seconds, self.transport.abort)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _stop_stall(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete


def allow_connections() -> None:
    """Raise this process's limit of open files as far as the bound on connections needs, or lower the bound."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_AT_MOST + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        BoundedConnection.at_most = max(1, min(CONNECTIONS_AT_MOST, soft - SPARE_FILES))
