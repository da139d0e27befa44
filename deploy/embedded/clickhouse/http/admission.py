"""Limit the number of connections, and accept new ones.

A client without a correct password cannot keep a connection. When all connections without one are in use, a new one
replaces the oldest, but not before that had time to send its headers. Until then new connections wait in the kernel's
queue, so that a flood of them leaves the event loop free. Each user has a limit of its own, so that one user cannot use
up the connections of another.
"""

import asyncio
import logging
import resource
import socket
from collections.abc import Awaitable, Callable

from aiohttp import web

from deploy.embedded.clickhouse.http.connections import Connection, connection_of
from deploy.embedded.errors import ClickHouseError

MAX_UNAUTHENTICATED = 256

# Time that a connection has at least to send the headers of its first request.
MIN_SECONDS = 0.1
_BACKLOG = 4096
_PAUSE_SECONDS = 0.01
_CANNOT_SCHEDULE_TASK = 439
_logger = logging.getLogger(__name__)


class Server(web.Server):
    """Makes a `Connection` for each client, and limits their number."""

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
        """Return the protocol of a new connection."""
        return Connection(self, self, self._header_seconds)

    async def accept(self, listening: socket.socket) -> None:
        """Accept connections until cancelled, each as soon as the limit allows it."""
        loop = asyncio.get_running_loop()
        while True:
            await self._make_room()
            try:
                accepted, _ = await loop.sock_accept(listening)
                await loop.connect_accepted_socket(self, accepted)
            except OSError as error:
                # The client has disconnected, or the process has too many open files.
                _logger.warning("a connection was not accepted: %s", error)
                await asyncio.sleep(_PAUSE_SECONDS)

    def enter(self, connection: Connection) -> None:
        """Count a new connection."""
        self._add(connection)

    def leave(self, connection: Connection) -> None:
        """Forget a closed connection."""
        self._open.get(connection.user, {}).pop(connection, None)

    def authenticated(self, connection: Connection, user: str) -> None:
        """Count a connection for its user; at the limit, an idle one of the same user is closed for it."""
        if connection.user == user:
            return
        connections = self._open.setdefault(user, {})
        if len(connections) >= self._per_user:
            idle = next((other for other in connections if not other.is_busy), None)
            if idle is None:
                text = f"{user} has {len(connections)} connections, which is the limit (CANNOT_SCHEDULE_TASK)"
                raise ClickHouseError(text, _CANNOT_SCHEDULE_TASK)
            self._drop(idle)
        self.leave(connection)
        connection.user = user
        self._add(connection)

    async def _make_room(self) -> None:
        """Wait until one more unauthenticated connection is allowed; close the oldest one when its time is over."""
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
    """Return a listening socket for `Server.accept`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    listening.setblocking(False)
    return listening


def _raise_file_limit() -> None:
    """Raise the limit of open files to its maximum, so that connections do not use up those of the engine."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
