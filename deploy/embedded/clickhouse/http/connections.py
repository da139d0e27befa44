"""Bounds on the connections of the front: how many there are, and how long they may take.

Nobody who has not sent a right password can keep a place. While all places of connections without one are taken, the
oldest of them gives way to the next, but not before it had time to send its headers; new ones wait in the kernel's
queue meanwhile, so that a flood of them leaves the event loop free. Each user has places of its own: one user cannot
take those of another.
"""

import asyncio
import logging
import resource
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader

from deploy.embedded.errors import ClickHouseError

MAX_UNAUTHENTICATED = 256

# What a connection has at least to send the headers of its first request.
MIN_SECONDS = 0.1
MAX_HEADER_BYTES = 1280 * 1024

# Clients keep their connections; closing one may meet a request on its way.
IDLE_SECONDS = 3600.0
_LINGER_SECONDS = 2.0
_OPTIONS: dict[str, Any] = {
    "access_log": None,
    "auto_decompress": False,  # the front knows more encodings
    "keepalive_timeout": 2 * IDLE_SECONDS,  # the deadlines here are shorter
    "lingering_time": _LINGER_SECONDS,
    "max_line_size": 1024**2,  # ClickHouse's http_max_uri_size
    "max_field_size": 128 * 1024,  # ClickHouse's http_max_field_value_size
}
_BACKLOG = 4096
_PAUSE_SECONDS = 0.01
_CANNOT_SCHEDULE_TASK = 439
_TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_logger = logging.getLogger(__name__)


class Connection(web.RequestHandler):
    """One connection of a client: unauthenticated first, then of the user whose password it sent."""

    def __init__(self, server: "Server", header_seconds: float) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **_OPTIONS)
        self._server = server
        self._header_seconds = header_seconds
        self._header_bytes = 0
        self._body: StreamReader = EMPTY_PAYLOAD
        self._deadline: asyncio.TimerHandle | None = None
        self.opened = asyncio.get_running_loop().time()
        self.user: str | None = None
        self.is_busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place; the headers of the first request must arrive in time."""
        super().connection_made(transport)
        self._close_after(self._header_seconds)
        self._server.enter(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Give the place back."""
        self._stop_clock()
        self._server.leave(self)
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
        """Stop the clock: the headers are complete, and what follows is the body."""
        self.is_busy = True
        self._body = body
        self._header_bytes = 0
        self._stop_clock()

    def end_request(self) -> None:
        """Wait for the next request: for long only after a right password."""
        self.is_busy = False
        if self.transport is not None:
            self._close_after(IDLE_SECONDS if self.user else self._header_seconds)

    async def pause(self, seconds: float) -> None:
        """Read nothing for a while: what the client sends meanwhile stays with the kernel."""
        if self.transport is not None:
            self.transport.pause_reading()
        await asyncio.sleep(seconds)
        if self.transport is not None:
            self.transport.resume_reading()

    def abort(self) -> None:
        """Close at once, without an answer."""
        if self.transport is not None:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is not HTTP with a status; it is the client's error, so no traceback is logged."""
        if not isinstance(exc, HttpProcessingError):
            return super().handle_error(request, status, exc, message)
        _logger.info("a request that is not valid HTTP: %s", type(exc).__name__)
        status = 431 if isinstance(exc, LineTooLong) else 400
        response = web.Response(status=status, text="The request is not valid HTTP.\n")
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log an error of the front with its traceback; a broken body is the client's error."""
        error = kw.get("exc_info")
        if isinstance(error, web.RequestPayloadError | HttpProcessingError | ConnectionError):
            _logger.info("a body that cannot be read: %s", type(error).__name__)
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

    def _refuse(self, answer: bytes) -> None:
        if self.transport is not None:
            self.transport.write(answer)
        self.force_close()


class Server(web.Server):
    """Makes a `Connection` for each client and bounds their number."""

    def __init__(
        self,
        handle: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        *,
        connections_per_user: int,
        header_seconds: float,
    ) -> None:
        super().__init__(self._answer, handler_cancellation=True)
        self._handle = handle
        self._per_user = connections_per_user
        self._header_seconds = header_seconds
        # Sets that keep their order: the oldest connection first.
        self._open: dict[str | None, dict[Connection, None]] = {None: {}}
        _raise_file_limit()

    def __call__(self) -> Connection:
        """Make the protocol of a new connection."""
        return Connection(self, self._header_seconds)

    async def accept(self, listening: socket.socket) -> None:
        """Accept connections until cancelled, each as soon as there is a place for it."""
        loop = asyncio.get_running_loop()
        while True:
            await self._make_room()
            try:
                accepted, _ = await loop.sock_accept(listening)
                await loop.connect_accepted_socket(self, accepted)
            except OSError as error:
                # Its client left, or the process has too many files open.
                _logger.warning("a connection was not accepted: %s", error)
                await asyncio.sleep(_PAUSE_SECONDS)

    def enter(self, connection: Connection) -> None:
        """Count a new connection."""
        self._add(connection)

    def leave(self, connection: Connection) -> None:
        """Forget a connection that was closed."""
        self._open.get(connection.user, {}).pop(connection, None)

    def authenticated(self, connection: Connection, user: str) -> None:
        """Count a connection for its user, who may have so many; an idle one of the same user gives way first."""
        if connection.user == user:
            return
        theirs = self._open.setdefault(user, {})
        if len(theirs) >= self._per_user:
            idle = next((other for other in theirs if not other.is_busy), None)
            if idle is None:
                text = f"{user} has {len(theirs)} connections, which is the limit (CANNOT_SCHEDULE_TASK)"
                raise ClickHouseError(text, _CANNOT_SCHEDULE_TASK)
            self._drop(idle)
        self.leave(connection)
        connection.user = user
        self._add(connection)

    async def _make_room(self) -> None:
        """Wait for a place for one more connection without a password; the oldest gives way when its time is over."""
        while len(waiting := self._open[None]) >= MAX_UNAUTHENTICATED:
            oldest = next(iter(waiting))
            if asyncio.get_running_loop().time() >= oldest.opened + MIN_SECONDS:
                self._drop(oldest)
            else:
                await asyncio.sleep(_PAUSE_SECONDS)

    def _add(self, connection: Connection) -> None:
        self._open.setdefault(connection.user, {})[connection] = None

    def _drop(self, connection: Connection) -> None:
        self.leave(connection)
        connection.abort()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = connection_of(request)
        connection.begin_request(request.content)
        try:
            return await self._handle(request)
        finally:
            connection.end_request()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens for `Server.accept`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    listening.setblocking(False)
    return listening


def connection_of(request: web.BaseRequest) -> Connection:
    """Return the connection of a request."""
    connection = request.protocol
    if not isinstance(connection, Connection):
        raise TypeError(f"a request of a {type(connection).__name__}")
    return connection


def _raise_file_limit() -> None:
    """Let the process open as many files as it may: connections must not take those of the engine's tables."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
