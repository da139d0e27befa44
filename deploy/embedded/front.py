"""ClickHouse's HTTP interface over the engine: what clickhouse-connect, clickhouse-go and curl need of it.

The life of a request: the body is read and unpacked; URL, headers and form give user, database, settings and query
parameters; the user is authenticated; a thread opens a session of the engine and runs the one statement; the answer
goes out whole, or piece by piece where it is large and its format allows it.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from aiohttp import web

from deploy.embedded.compression import Encoder, choose_encoding, encoder
from deploy.embedded.engine import Engine
from deploy.embedded.errors import ClickHouseError, exception_tag, framed
from deploy.embedded.execution import Answer, Execution
from deploy.embedded.requests import Request, read_request
from deploy.embedded.users import Users

MAX_BODY_BYTES = 2 * 1024**3
_T = TypeVar("_T")
_logger = logging.getLogger(__name__)


class Front:
    """Answers HTTP requests with the engine."""

    def __init__(self, engine: Engine, users: Users, threads: int = 64) -> None:
        self._engine = engine
        self._users = users
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="query")

    def application(self) -> web.Application:
        """The web application: `/ping`, `/replicas_status`, and `/` for queries."""
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.router.add_get("/ping", _ok)
        application.router.add_get("/replicas_status", _ok)
        application.router.add_get("/", self._handle)
        application.router.add_post("/", self._handle)
        return application

    def stop(self) -> None:
        """Cancels what still runs and waits until all threads have let go of the engine."""
        self._engine.cancel_all()
        self._threads.shutdown(cancel_futures=True)

    async def _handle(self, http: web.Request) -> web.StreamResponse:
        if http.method != "POST" and "query" not in http.query:
            return await _ok(http)
        name = ""
        try:
            request = await read_request(http)
            name = request.user
            return await self._run(http, request)
        except ClickHouseError as error:
            return self._refusal(error, name)

    async def _run(self, http: web.Request, request: Request) -> web.StreamResponse:
        user = self._users.authenticate(request.user, request.password)
        encoding = choose_encoding(http.headers.get("Accept-Encoding", ""), request.compressed)
        pack = encoder(encoding)
        execution = Execution(self._engine, user, request, pack)
        answer = await self._in_thread(execution.start)
        headers = self._headers(request, answer, encoding)
        if answer.complete:
            return web.Response(body=answer.data, headers=headers)
        tag = exception_tag()
        response = web.StreamResponse(headers=headers | {"X-ClickHouse-Exception-Tag": tag})
        try:
            await response.prepare(http)
            await response.write(answer.data)
            while (piece := await self._next(execution, pack, user.name, tag)) is not None:
                await response.write(piece)
            await response.write(pack.flush())
            await response.write_eof()
        except ConnectionResetError:
            _logger.info("the client of query %s left before its end", request.query_id)
        finally:
            await self._in_thread(execution.close)
        return response

    async def _next(self, execution: Execution, pack: Encoder, user: str, tag: str) -> bytes | None:
        try:
            return await self._in_thread(execution.more)
        except ClickHouseError as error:
            return pack.compress(framed(error.text(user, self._engine.version), tag))

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _headers(self, request: Request, answer: Answer, encoding: str | None) -> dict[str, str]:
        headers = {
            "Content-Type": _content_type(answer.output_format or ""),
            "X-ClickHouse-Query-Id": request.query_id,
            "X-ClickHouse-Timezone": self._engine.timezone,
            "X-ClickHouse-Server-Display-Name": "embedded",
            "X-ClickHouse-Summary": answer.summary,
        }
        if answer.output_format:
            headers["X-ClickHouse-Format"] = answer.output_format
        return headers | ({"Content-Encoding": encoding} if encoding else {})

    def _refusal(self, error: ClickHouseError, user: str) -> web.Response:
        headers = {"X-ClickHouse-Exception-Code": str(error.code), "X-ClickHouse-Timezone": self._engine.timezone}
        return web.Response(text=error.text(user, self._engine.version) + "\n", status=error.status, headers=headers)


def _content_type(output_format: str) -> str:
    kinds = {"json": "application/json", "csv": "text/csv", "t": "text/tab-separated-values"}
    name = output_format.lower()
    kind = next((kind for prefix, kind in kinds.items() if name.startswith(prefix)), "text/plain")
    return f"{kind}; charset=UTF-8"


async def _ok(_: web.Request) -> web.Response:
    return web.Response(text="Ok.\n")
