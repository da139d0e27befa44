"""ClickHouse's HTTP interface over the engine, as far as clickhouse-connect, clickhouse-go and curl need it.

The path of a request: the user of the URL or the headers is authenticated; the body is read and decoded; a thread opens
a session of the engine and runs the one statement; the response is sent whole, or in chunks if it is large and its
format allows that.
"""

import asyncio
import logging
from concurrent.futures import Executor, ThreadPoolExecutor

from aiohttp import web

from deploy.embedded.clickhouse.access.allowed_functions import denied
from deploy.embedded.clickhouse.access.capacity import Capacity
from deploy.embedded.clickhouse.access.statement_policy import StatementPolicy
from deploy.embedded.clickhouse.access.users import User, Users
from deploy.embedded.clickhouse.engine import Engine
from deploy.embedded.clickhouse.execution import CHUNK_BYTES, Execution, HttpResponse
from deploy.embedded.clickhouse.http.admission import Server
from deploy.embedded.clickhouse.http.bodies import Bodies, Body
from deploy.embedded.clickhouse.http.compression import Encoder, choose_encoding, encoder
from deploy.embedded.clickhouse.http.connections import connection_of
from deploy.embedded.clickhouse.http.logins import FailedLogins
from deploy.embedded.clickhouse.http.requests import Request, credentials, read_request, read_url
from deploy.embedded.clickhouse.running import Running
from deploy.embedded.errors import AUTHENTICATION_FAILED, ClickHouseError, exception_tag, framed
from deploy.embedded.settings import FrontSettings

_ENDINGS_AT_ONCE = 16

# This many of a user's largest bodies may be in memory.
_BODIES_AT_ONCE = 4
_PATHS = {"/": ("GET", "HEAD", "POST"), "/ping": ("GET", "HEAD"), "/replicas_status": ("GET", "HEAD")}
_logger = logging.getLogger(__name__)


class Front:
    """Serves HTTP requests with the engine."""

    def __init__(self, engine: Engine, users: Users, settings: FrontSettings) -> None:
        self._engine = engine
        self._users = users
        self._settings = settings
        self._policy = StatementPolicy(denied(engine.rows))
        self._capacities = {user.name: Capacity(user) for user in users}
        self._endings = ThreadPoolExecutor(_ENDINGS_AT_ONCE, thread_name_prefix="ending")
        self._failed_logins = FailedLogins()
        limits = {"writer": settings.front_writer_body_bytes, "reader": settings.front_reader_body_bytes}
        self._bodies = {
            user: Bodies(limit, _BODIES_AT_ONCE * limit, settings.front_body_seconds) for user, limit in limits.items()
        }

    def server(self) -> Server:
        """Make the server of `/ping`, `/replicas_status`, and `/` for queries; to be called in the event loop."""
        self._server = Server(
            self._handle,
            connections_per_user=self._settings.front_connections_per_user,
            header_seconds=self._settings.front_header_seconds,
        )
        return self._server

    def stop(self) -> None:
        """Cancel running queries, and wait until no thread uses the engine."""
        self._engine.cancel_all()
        queries = (capacity.threads for capacity in self._capacities.values())
        for threads in (*queries, self._endings, *(bodies.threads for bodies in self._bodies.values())):
            threads.shutdown(cancel_futures=True)

    async def _handle(self, http: web.BaseRequest) -> web.StreamResponse:
        if http.path not in _PATHS:
            return web.Response(status=404, text="Not found; send queries to /\n")
        if http.method not in _PATHS[http.path]:
            return web.Response(status=405, headers={"Allow": ", ".join(_PATHS[http.path])})
        name = ""
        try:
            fields = read_url(http)
            if http.path != "/" or (http.method != "POST" and "query" not in fields):
                return web.Response(text="Ok.\n")
            name, password = credentials(http, fields)
            user = await self._authenticate(http, name, password)
            with Body(http, self._bodies[user.name]) as body:
                request = await read_request(http, fields, body)
                async with self._capacities[user.name].turn() as threads:
                    return await self._run(http, user, request, threads)
        except ClickHouseError as error:
            return self._refusal(error, name)

    async def _authenticate(self, http: web.BaseRequest, name: str, password: str) -> User:
        try:
            user = self._users.authenticate(name, password)
        except ClickHouseError:
            user_name = name if name in self._bodies else "an unknown user"
            await connection_of(http).pause(self._failed_logins.note(user_name, http.remote))
            raise
        self._server.authenticated(connection_of(http), user.name)
        return user

    async def _run(self, http: web.BaseRequest, user: User, request: Request, threads: Executor) -> web.StreamResponse:
        encoding = choose_encoding(http.headers.get("Accept-Encoding", ""), request.compressed)
        pack = encoder(encoding)
        running = Running(self._engine, threads, Execution(self._engine, self._policy, user, request, pack))
        try:
            result = await running.start()
            headers = self._headers(request, result, encoding)
            if result.complete and len(result.data) <= CHUNK_BYTES:
                return web.Response(body=result.data, headers=headers)
            response = web.StreamResponse(headers=headers)
            try:
                await self._stream(http, response, result, running, pack, user)
            except (ConnectionResetError, TimeoutError):
                _logger.info("the client of query %s left before its end", request.query_id)
                connection_of(http).abort()
            return response
        finally:
            await running.end(self._endings)

    async def _stream(
        self,
        http: web.BaseRequest,
        response: web.StreamResponse,
        result: HttpResponse,
        running: Running,
        pack: Encoder,
        user: User,
    ) -> None:
        tag = exception_tag()
        if result.complete:
            response.content_length = len(result.data)
        else:
            response.headers["X-ClickHouse-Exception-Tag"] = tag
        await response.prepare(http)
        for start in range(0, len(result.data), CHUNK_BYTES):
            await self._write(response, result.data[start : start + CHUNK_BYTES])
        if not result.complete:
            while (chunk := await self._next(running, pack, user.name, tag)) is not None:
                await self._write(response, chunk)
            await self._write(response, pack.flush())
        await response.write_eof()

    async def _write(self, response: web.StreamResponse, chunk: bytes) -> None:
        """Send a chunk; the client must receive it in time, because the rest waits in memory."""
        async with asyncio.timeout(self._settings.front_body_seconds):
            await response.write(chunk)

    async def _next(self, running: Running, pack: Encoder, user: str, tag: str) -> bytes | None:
        try:
            return await running.more()
        except ClickHouseError as error:
            return pack.compress(framed(error.text(user, self._engine.version), tag))

    def _headers(self, request: Request, result: HttpResponse, encoding: str | None) -> dict[str, str]:
        headers = {
            "Content-Type": _content_type(result.output_format or ""),
            "X-ClickHouse-Query-Id": request.query_id,
            "X-ClickHouse-Timezone": self._engine.timezone,
            "X-ClickHouse-Server-Display-Name": "embedded",
            "X-ClickHouse-Summary": result.summary,
        }
        if result.output_format:
            headers["X-ClickHouse-Format"] = result.output_format
        return headers | ({"Content-Encoding": encoding} if encoding else {})

    def _refusal(self, error: ClickHouseError, user: str) -> web.Response:
        headers = {"X-ClickHouse-Exception-Code": str(error.code), "X-ClickHouse-Timezone": self._engine.timezone}
        text = error.text(user, self._engine.version) + "\n"
        response = web.Response(
            body=text.encode(errors="replace"),
            status=error.status,
            headers=headers,
            content_type="text/plain",
            charset="utf-8",
        )
        if error.code == AUTHENTICATION_FAILED:
            response.force_close()
        return response


def _content_type(output_format: str) -> str:
    kinds = {"json": "application/json", "csv": "text/csv", "t": "text/tab-separated-values"}
    name = output_format.lower()
    kind = next((kind for prefix, kind in kinds.items() if name.startswith(prefix)), "text/plain")
    return f"{kind}; charset=UTF-8"
