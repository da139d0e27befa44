"""The proxy of the fault suite cuts, delays and falsifies the traffic of a server that echoes what it receives."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from tests.faults.proxy import Proxy
from tests.faults.proxy_behaviour import INSERT_MARK, Behaviour, refusal

PATIENCE = 5


class Echo:
    """A server that echoes and records what it receives."""

    def __init__(self) -> None:
        self.got = b""
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # the end of `close`
            while True:
                connection, _ = self._server.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(ConnectionError):
            while data := connection.recv(65_536):
                self.got += data
                connection.sendall(data)


@pytest.fixture
def echo() -> Iterator[Echo]:
    with contextlib.closing(Echo()) as server:
        yield server


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    proxy = Proxy(echo.port, is_broker=True)
    proxy.start()
    yield proxy
    proxy.stop()


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE)


def ask(proxy: Proxy, data: bytes) -> bytes:
    with connect(proxy) as client:
        client.sendall(data)
        return client.recv(65_536)


def test_an_open_proxy_passes_everything(proxy: Proxy) -> None:
    assert ask(proxy, b"hello") == b"hello"


def test_a_cut_network_resets_old_and_new_connections(proxy: Proxy) -> None:
    with connect(proxy) as client:
        client.sendall(b"hello")
        assert client.recv(10) == b"hello"
        proxy.behave(Behaviour(refuses=True))
        with pytest.raises(ConnectionResetError):
            client.recv(10)
    with pytest.raises(ConnectionError):
        ask(proxy, b"hello")


def test_a_hanging_network_passes_nothing_until_it_is_healed(proxy: Proxy) -> None:
    proxy.behave(Behaviour(hangs=True))
    with connect(proxy) as client:
        client.sendall(b"hello")
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(10)
        proxy.behave(Behaviour())
        client.settimeout(PATIENCE)
        assert client.recv(10) == b"hello"


def test_a_body_is_cut_in_the_middle(proxy: Proxy, echo: Echo) -> None:
    proxy.behave(Behaviour(reset_percent=100))
    with pytest.raises(ConnectionResetError):
        ask(proxy, b"hello")
    assert len(echo.got) < len(b"hello")


def test_the_answer_of_an_insert_is_replaced_although_the_server_has_it(proxy: Proxy, echo: Echo) -> None:
    proxy.behave(Behaviour(answer=refusal(252, "TOO_MANY_PARTS")))
    assert b"Exception-Code: 252" in ask(proxy, b"POST /?" + INSERT_MARK)
    assert INSERT_MARK in echo.got
    assert ask(proxy, b"SELECT 1") == b"SELECT 1"


def test_an_insert_is_refused_before_the_server_sees_it(proxy: Proxy, echo: Echo) -> None:
    proxy.behave(Behaviour(answer=refusal(241, "MEMORY_LIMIT_EXCEEDED"), asks_server=False))
    assert b"Exception-Code: 241" in ask(proxy, b"POST /?" + INSERT_MARK)
    assert echo.got == b""


def test_an_insert_is_noticed(proxy: Proxy) -> None:
    assert not proxy.insert_seen.is_set()
    ask(proxy, b"POST /?" + INSERT_MARK)
    assert proxy.insert_seen.is_set()


def test_a_broker_is_known_by_the_address_of_the_proxy(proxy: Proxy, echo: Echo) -> None:
    output = b"\x00\x09localhost" + struct.pack(">i", echo.port) + b"\xff"
    assert ask(proxy, output) == b"\x00\x09localhost" + struct.pack(">i", proxy.port) + b"\xff"
