"""ClickHouse's HTTP interface over the engine: what clickhouse-connect, clickhouse-go and curl need of it.

The life of a request: the body is read and unpacked; URL, headers and form give user, database, settings and query
parameters; the user is authenticated; a thread opens a session of the engine and runs the one statement; the answer
goes out whole, or block by block where the format allows it.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp import web

from deploy.embedded.compression import choose_encoding, encoder
from deploy.embedded.engine import STREAMED_FORMATS, Engine, Result, Session
from deploy.embedded.errors import ClickHouseError
from deploy.embedded.requests import Request, read_request
from deploy.embedded.statements import inline_insert, is_select, output_format
from deploy.embedded.users import Users

MAX_BODY_BYTES = 2 * 1024**3


class Front:
    """Answers HTTP requests with the engine."""

    def __init__(self, engine: Engine, users: Users, threads: int = 64) -> None:
        self._engine = engine
        self._users = users
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="query")
        self._timezone = engine.value("SELECT timezone()")

    def application(self) -> web.Application:
        """The web application: `/ping`, `/replicas_status`, and everything else a query."""
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.router.add_get("/ping", _ok)
        application.router.add_get("/replicas_status", _ok)
        application.router.add_route("*", "/", self._handle)
        return application

    async def _handle(self, http: web.Request) -> web.StreamResponse:
        if http.method in ("GET", "HEAD") and not http.query_string:
            return await _ok(http)
        try:
            request = await read_request(http)
            return await self._answer(http, request)
        except ClickHouseError as error:
            return _refusal(error)

    async def _answer(self, http: web.Request, request: Request) -> web.StreamResponse:
        loop = asyncio.get_running_loop()
        user = self._users.authenticate(request.user, request.password)
        run = _Run(self._engine, user, request)
        first = await loop.run_in_executor(self._threads, run.start)
        try:
            response = web.StreamResponse(headers=self._headers(request, run, first))
            encoding = choose_encoding(http.headers.get("Accept-Encoding", ""), request.compressed)
            if encoding:
                response.headers["Content-Encoding"] = encoding
            pack = encoder(encoding)
            await response.prepare(http)
            await response.write(pack.compress(first.data))
            while (block := await loop.run_in_executor(self._threads, run.next_block)) is not None:
                await response.write(pack.compress(block))
            await response.write(pack.flush())
            await response.write_eof()
            return response
        finally:
            await loop.run_in_executor(self._threads, run.close)

    def _headers(self, request: Request, run: "_Run", first: Result) -> dict[str, str]:
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "X-ClickHouse-Query-Id": request.query_id,
            "X-ClickHouse-Timezone": self._timezone,
            "X-ClickHouse-Server-Display-Name": "embedded",
            "X-ClickHouse-Summary": run.summary(first),
        }
        if run.answers:
            headers["X-ClickHouse-Format"] = run.format
        return headers


class _Run:
    """One statement on one session, from `start` to `close`; each call may come from another thread."""

    def __init__(self, engine: Engine, user: Any, request: Request) -> None:
        self._context = engine.session(user, request.database, request.settings)
        self._request = request
        self._blocks: Iterator[bytes] = iter(())
        self._open = False
        self._started = time.perf_counter()
        self.format = output_format(request.query) or request.default_format
        self.answers = False

    def start(self) -> Result:
        session = self._context.__enter__()
        self._open = True
        try:
            return self._first(session)
        except BaseException:
            self.close()
            raise

    def _first(self, session: Session) -> Result:
        insert = inline_insert(self._request.query)
        if insert is not None:
            return session.insert(insert.statement, insert.data_format, insert.data)
        if session.statement_count(self._request.query) > 1:
            raise ClickHouseError(
                "Code: 62. DB::Exception: Syntax error (Multi-statements are not allowed). (SYNTAX_ERROR)"
            )
        if self.format.lower() in STREAMED_FORMATS and is_select(self._request.query):
            self._blocks = session.stream(self._request.query, self.format, self._request.parameters)
            data = next(self._blocks, None)
            self.answers = data is not None or session.reads(self._request.query)
            return Result(data or b"")
        result = session.query(self._request.query, self.format, self._request.parameters)
        self.answers = bool(result.data) or session.reads(self._request.query)
        return result

    def next_block(self) -> bytes | None:
        return next(self._blocks, None)

    def close(self) -> None:
        if self._open:
            self._open = False
            self._context.__exit__(None, None, None)

    def summary(self, result: Result) -> str:
        elapsed = int((time.perf_counter() - self._started) * 1e9)
        return json.dumps(
            {
                "read_rows": str(result.read_rows),
                "read_bytes": str(result.read_bytes),
                "written_rows": str(result.written_rows),
                "written_bytes": str(result.written_bytes),
                "total_rows_to_read": "0",
                "result_rows": str(result.written_rows),
                "result_bytes": str(result.written_bytes or len(result.data)),
                "elapsed_ns": str(elapsed),
            }
        )


async def _ok(_: web.Request) -> web.Response:
    return web.Response(text="Ok.\n")


def _refusal(error: ClickHouseError) -> web.Response:
    headers = {"X-ClickHouse-Exception-Code": str(error.code)}
    return web.Response(text=error.message + "\n", status=error.status, headers=headers)
