"""A TCP proxy on its own thread between the workers and a server; it disconnects, slows, hangs, resets and falsifies.

The address that a broker reports of itself is rewritten on the way back (the same host, another port of four bytes), so
that a client of the proxy stays behind it.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final

from tests.faults.proxy_behaviour import INSERT_MARK, OPEN, Behaviour

CHUNK: Final = 64 * 1024
SLOW_CHUNK: Final = 4 * 1024
POLL_SECONDS: Final = 0.02
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class Proxy:
    """Forward connections to a port of this machine; `behave` changes how, from any thread."""

    def __init__(self, target_port: int, *, is_broker: bool = False) -> None:
        self.target_port = target_port
        self.is_broker = is_broker
        self.port = 0
        self.behaviour = OPEN
        self.insert_seen = threading.Event()
        self._server: asyncio.Server
        self._connections: set[_Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy of {target_port}", daemon=True)

    def start(self) -> None:
        """Listen on a free port."""
        self._thread.start()
        self._run(self._listen())

    def behave(self, behaviour: Behaviour) -> None:
        """Change the treatment of all connections."""
        self.behaviour = behaviour
        if behaviour.refuses:
            self._run(self._reset_all())

    def stop(self) -> None:
        """End all connections and the thread."""
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def rewritten(self, data: bytes) -> bytes:
        """Replace the broker's own address in an answer."""
        return data.replace(self._address_of(self.target_port), self._address_of(self.port)) if self.is_broker else data

    @staticmethod
    def _address_of(port: int) -> bytes:
        return b"localhost" + struct.pack(">i", port)

    def _run(self, call: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(call, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=CHUNK)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def _close(self) -> None:
        self._server.close()
        await self._reset_all()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(self, reader, writer)
        self._connections.add(connection)
        try:
            await connection.serve()
        finally:
            self._connections.discard(connection)

    async def _reset_all(self) -> None:
        for connection in list(self._connections):
            connection.reset()


class _Connection:
    """One client with its connection to the server."""

    def __init__(self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._reader = reader
        self._writers = [writer]
        self._is_insert = False

    async def serve(self) -> None:
        """Forward bytes both ways until either side closes."""
        if self._proxy.behaviour.refuses:
            return self.reset()
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._proxy.target_port)
        except OSError:
            return self.reset()
        self._writers.append(server_writer)
        client_writer = self._writers[0]
        pumps = [
            asyncio.create_task(self._pump(self._reader, server_writer, self._towards_server)),
            asyncio.create_task(self._pump(server_reader, client_writer, self._towards_client)),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        await asyncio.wait(pumps)
        return self._close()

    def reset(self) -> None:
        """Reset both sides, whatever is in flight."""
        for writer in self._writers:
            with contextlib.suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            writer.transport.abort()

    def _close(self) -> None:
        for writer in self._writers:
            writer.close()

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        treat: Callable[[bytes], bytes | None],
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._wait_while_hanging()
                passed = treat(data)
                if passed is None:
                    return
                await self._send(writer, passed)

    def _towards_server(self, data: bytes) -> bytes | None:
        behaviour = self._proxy.behaviour
        self._is_insert = self._is_insert or INSERT_MARK in data
        if INSERT_MARK in data:
            self._proxy.insert_seen.set()
        if behaviour.cuts():
            self._writers[1].write(data[: len(data) // 2])
            self.reset()
            return None
        if self._is_insert and behaviour.answer is not None and not behaviour.asks_server:
            self._send_fake_answer(behaviour.answer)
            return None
        return data

    def _towards_client(self, data: bytes) -> bytes | None:
        behaviour, is_insert = self._proxy.behaviour, self._is_insert
        self._is_insert = False
        if is_insert and behaviour.answer is not None:
            self._send_fake_answer(behaviour.answer)
            return None
        return self._proxy.rewritten(data)

    def _send_fake_answer(self, answer: bytes) -> None:
        if answer:
            self._writers[0].write(answer)
        else:
            self.reset()

    async def _wait_while_hanging(self) -> None:
        while self._proxy.behaviour.hangs:  # noqa: ASYNC110 - another thread changes it
            await asyncio.sleep(POLL_SECONDS)

    async def _send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        while data:
            speed = self._proxy.behaviour.bytes_per_second
            piece = data[: SLOW_CHUNK if speed else len(data)]
            writer.write(piece)
            await writer.drain()
            data = data[len(piece) :]
            if speed:
                await asyncio.sleep(len(piece) / speed)
