"""The dashboard on a real socket: many streams, disconnecting clients, and clients that send or read too slowly."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest
import uvicorn

from dashboard.app import create_app
from dashboard.protection.connections import BoundedConnection
from dashboard.routes.departures import Departures
from dashboard.routes.live import STREAMS, STREAMS_PER_CLIENT
from dashboard.settings import DashboardSettings

NOWHERE = "http://reader:secret@127.0.0.1:1/convostream"
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Answered = tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]


class Impatient(BoundedConnection):
    """Connections with short timeouts."""

    request_seconds = 0.4
    stalled_seconds = 0.4


@asynccontextmanager
async def listening(app: ASGIApp, lifespan: Literal["on", "off"] = "off") -> AsyncIterator[int]:
    """Run a server for an application on a free port."""
    config = uvicorn.Config(
        app, port=0, lifespan=lifespan, log_level="error", http=Impatient, ws="none", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await _until(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def dashboard() -> AsyncIterator[int]:
    app = create_app(DashboardSettings.model_validate({"clickhouse_reader_url": NOWHERE}))
    async with listening(app, "on") as port:
        yield port
        app.state.feed.stopping.set()


async def ask(port: int, path: str, host: str = "127.0.0.1") -> Answered:
    """Send a request from an address of this machine; return the connection and the first line."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return reader, writer, await reader.readline()


async def _statuses(port: int, count: int, host: str) -> tuple[Counter[bytes], list[Answered]]:
    answers = await asyncio.gather(*(ask(port, "/api/live", host) for _ in range(count)))
    return Counter(line.split()[1] for *_, line in answers), answers


async def test_streams_are_limited_by_client_and_in_total() -> None:
    async with dashboard() as port:
        for _ in range(2):  # the second time all places are free again
            first, held = await _statuses(port, 150, "127.0.0.1")
            assert first == {b"200": STREAMS_PER_CLIENT, b"429": 150 - STREAMS_PER_CLIENT}
            for number in range(2, 7):
                statuses, more = await _statuses(port, STREAMS_PER_CLIENT, f"127.0.0.{number}")
                held += more
                first += statuses
            assert first[b"200"] == STREAMS
            assert first[b"503"] == 2 * STREAMS_PER_CLIENT
            for _, writer, _ in held:
                writer.transport.abort()
            await asyncio.sleep(0.5)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the server has no event for this
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("way", ["abort", "close"])
async def test_work_for_a_disconnected_client_is_cancelled(way: str) -> None:
    begun, cancelled = [0], [0]

    async def slow(_: Scope, __: Receive, ___: Send) -> None:
        begun[0] += 1
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled[0] += 1
            raise

    async with listening(Departures(slow)) as port:
        writers = [(await asyncio.open_connection("127.0.0.1", port))[1] for _ in range(20)]
        for writer in writers:
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc")
        await _until(lambda: begun == [20])
        for writer in writers:
            writer.transport.abort() if way == "abort" else writer.close()
        await _until(lambda: cancelled == [20])


async def test_a_response_that_does_not_start_in_time_is_cancelled() -> None:
    async def slow(_: Scope, __: Receive, ___: Send) -> None:
        await asyncio.sleep(60)

    async with listening(Departures(slow, answer_seconds=0.1)) as port:
        reader, writer, line = await ask(port, "/")
        assert b" 503 " in line
        assert b"retry-after: 5" in (await reader.readuntil(b"\r\n\r\n")).lower()
        writer.close()


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\na",
    ],
    ids=["nothing", "a part of the first line", "a part of the headers", "a part of the body"],
)
async def test_a_slow_request_closes_its_connection(beginning: bytes) -> None:
    async with dashboard() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(beginning)

        async def trickle() -> None:
            while not writer.is_closing():
                writer.write(b"a")
                await asyncio.sleep(0.05)

        trickling = asyncio.create_task(trickle()) if beginning else None
        try:
            async with asyncio.timeout(5):
                with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError, BrokenPipeError)):
                    await reader.readexactly(10**6)
        finally:
            if trickling:
                trickling.cancel()
            writer.close()


async def test_a_client_that_does_not_read_is_disconnected() -> None:
    ended: list[str] = []

    async def endless(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
                await asyncio.sleep(0)
        finally:
            ended.append("ended")

    async with listening(Departures(endless)) as port:
        reader, writer, _ = await ask(port, "/")
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        await _until(lambda: ended == ["ended"])
        writer.transport.abort()


async def _first_line(port: int, path: str) -> bytes:
    _, writer, line = await ask(port, path)
    writer.close()
    return line


async def test_a_request_line_over_the_limit_is_rejected_and_the_server_continues() -> None:
    async with dashboard() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /?" + b"a" * 10_000_000 + b" HTTP/1.1\r\n\r\n")
        async with asyncio.timeout(10):
            try:
                line = await reader.readline()
            except ConnectionResetError:
                line = b""
        assert line == b"" or b" 400 " in line
        writer.close()
        assert b" 200 " in await _first_line(port, "/api/metrics")


async def test_idle_connections_are_closed_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Impatient, "at_most", 20)
    async with dashboard() as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(60)]
        assert b" 200 " in await _first_line(port, "/api/metrics")
        for _, writer in idle:
            writer.close()
