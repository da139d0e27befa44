"""Limits on connections: their number, the time to send a request, and the time without reading."""

import asyncio
from contextlib import suppress
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

# The time to send a request, headers and body together.
REQUEST_SECONDS: Final = 20.0

# The time without progress while a client reads a response.
STALLED_SECONDS: Final = 30.0

# The size of the request line and headers together; filters and cursors make long URLs.
HEAD_BYTES: Final = 64 * 1024

CONNECTIONS_AT_MOST: Final = 4096
SPARE_FILES: Final = 128


class BoundedConnection(H11Protocol):
    """An HTTP connection that is closed if its client is too slow, or idle while there are too many."""

    _deadline: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    at_most = CONNECTIONS_AT_MOST
    request_seconds = REQUEST_SECONDS
    stalled_seconds = STALLED_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base does
        """Start the deadline of the first request; close an idle connection if there are too many."""
        super().connection_made(transport)
        self._expect_request()
        if len(self.connections) > self.at_most:
            others = (other for other in self.connections if isinstance(other, BoundedConnection) and other is not self)
            next((other for other in others if other._is_idle()), self).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timers."""
        self._stop_deadline()
        self._stop_stall()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read data; stop the deadline when the request is complete."""
        self._expect_request()
        super().data_received(data)
        if self.cycle is not None and not self.cycle.more_body:
            self._stop_deadline()

    def pause_writing(self) -> None:
        """Start the deadline of a client that does not read."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self.stalled_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Cancel the deadline: the client reads again."""
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
    """Raise the limit of open files to fit the limit of connections, or lower the latter."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_AT_MOST + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        BoundedConnection.at_most = max(1, min(CONNECTIONS_AT_MOST, soft - SPARE_FILES))
