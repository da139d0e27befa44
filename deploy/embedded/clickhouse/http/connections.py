"""One connection of a client: the time and the size of its requests' headers, its user, and its errors."""

import asyncio
import logging
from typing import Any, Protocol

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader

MAX_HEADER_BYTES = 1280 * 1024

# Clients keep their connections. Closing one could race with a request of its client.
IDLE_SECONDS = 3600.0
_LINGER_SECONDS = 2.0
_OPTIONS: dict[str, Any] = {
    "access_log": None,
    "auto_decompress": False,  # `bodies.py` supports more encodings
    "keepalive_timeout": 2 * IDLE_SECONDS,  # the timeouts here are shorter
    "lingering_time": _LINGER_SECONDS,
    "max_line_size": 1024**2,  # ClickHouse's http_max_uri_size
    "max_field_size": 128 * 1024,  # ClickHouse's http_max_field_value_size
}
_TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_logger = logging.getLogger(__name__)


class Admission(Protocol):
    """What a connection tells the server that accepted it."""

    def enter(self, connection: "Connection") -> None:
        """Count a new connection."""

    def leave(self, connection: "Connection") -> None:
        """Forget a closed connection."""


class Connection(web.RequestHandler):
    """A connection of a client: unauthenticated at first, later of the user whose password it sent."""

    def __init__(self, server: web.Server, admission: Admission, header_seconds: float) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **_OPTIONS)
        self._admission = admission
        self._header_seconds = header_seconds
        self._header_bytes = 0
        self._body: StreamReader = EMPTY_PAYLOAD
        self._deadline: asyncio.TimerHandle | None = None
        self.opened = asyncio.get_running_loop().time()
        self.user: str | None = None
        self.is_busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection; the headers of its first request must arrive in time."""
        super().connection_made(transport)
        self._close_after(self._header_seconds)
        self._admission.enter(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        self._stop_clock()
        self._admission.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Limit the time and the size of a request's headers, however slowly they arrive."""
        if data and not self.is_busy and self._body.is_eof():
            if self._header_bytes == 0:
                self._close_after(self._header_seconds)
            self._header_bytes += len(data)
            if self._header_bytes > MAX_HEADER_BYTES:
                self._refuse(_TOO_LARGE)
                return
        super().data_received(data)

    def begin_request(self, body: StreamReader) -> None:
        """Stop the timeout: the headers are complete, and the body follows."""
        self.is_busy = True
        self._body = body
        self._header_bytes = 0
        self._stop_clock()

    def end_request(self) -> None:
        """Wait for the next request; wait long only if the client has authenticated."""
        self.is_busy = False
        if self.transport is not None:
            self._close_after(IDLE_SECONDS if self.user else self._header_seconds)

    async def pause(self, seconds: float) -> None:
        """Read nothing for a while; meanwhile the kernel keeps what the client sends."""
        if self.transport is not None:
            self.transport.pause_reading()
        await asyncio.sleep(seconds)
        if self.transport is not None:
            self.transport.resume_reading()

    def abort(self) -> None:
        """Close at once, without a response."""
        if self.transport is not None:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Send a status for invalid HTTP, without a traceback in the log, because it is a client error."""
        if not isinstance(exc, HttpProcessingError):
            return super().handle_error(request, status, exc, message)
        _logger.info("invalid HTTP request: %s", type(exc).__name__)
        status = 431 if isinstance(exc, LineTooLong) else 400
        response = web.Response(status=status, text="The request is not valid HTTP.\n")
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log a server error with its traceback; a broken body is a client error."""
        error = kw.get("exc_info")
        if isinstance(error, web.RequestPayloadError | HttpProcessingError | ConnectionError):
            _logger.info("unreadable body: %s", type(error).__name__)
        else:
            super().log_exception(*args, **kw)

    def _close_after(self, seconds: float) -> None:
        self._stop_clock()
        self._deadline = asyncio.get_running_loop().call_later(seconds, self._expire)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        self._refuse(_TIMED_OUT if self._header_bytes else b"")

    def _refuse(self, response: bytes) -> None:
        if self.transport is not None:
            self.transport.write(response)
        self.force_close()


def connection_of(request: web.BaseRequest) -> Connection:
    """Return the connection of a request."""
    connection = request.protocol
    if not isinstance(connection, Connection):
        raise TypeError(f"a request of a {type(connection).__name__}")
    return connection
