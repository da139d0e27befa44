"""A client without a password cannot block the server, and invalid requests get a 4xx status."""

import base64
import re
import socket
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from deploy.embedded.addresses import wait_until
from deploy.embedded.clickhouse.http.admission import MAX_UNAUTHENTICATED
from tests.support.stack.embedded_server import BODY_SECONDS, HEADER_SECONDS, PASSWORDS, EmbeddedServer

READER = b"Authorization: Basic " + base64.b64encode(f"reader:{PASSWORDS['reader']}".encode()) + b"\r\n"
GET = b"GET /?query=SELECT+1 HTTP/1.1\r\nHost: a\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n" + READER
FORM = POST + b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 30\r\n\r\n"
MALFORMED = {
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 100,
    "zero bytes": bytes(100) + b"\r\n\r\n",
    "no colon": b"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
    "a zero byte in a header": GET + b"X: a\0b\r\n\r\n",
    "many headers": GET + b"".join(b"X%d: a\r\n" % n for n in range(5000)) + b"\r\n",
    "large headers": GET + b"".join(b"X%d: %b\r\n" % (n, b"a" * 100_000) for n in range(20)) + b"\r\n",
    "a long URL": b"GET /?query=" + b"a" * 1_100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "a user that is not UTF-8": GET + b"X-ClickHouse-User: \xff\r\n\r\n",
    "a password that is not UTF-8": GET + b"X-ClickHouse-User: writer\r\nX-ClickHouse-Key: \xff\r\n\r\n",
    "a token that is not ASCII": GET + b"Authorization: Basic \xc3\xbc\r\n\r\n",
    "a token that is not UTF-8": GET + b"Authorization: Basic " + base64.b64encode(b"\xff:\xff") + b"\r\n\r\n",
    "a bad percent encoding": GET.replace(b"+1", b"+%zz") + READER + b"\r\n",
    "a parameter that is not UTF-8": GET.replace(b"+1", b"+1&database=%ff") + READER + b"\r\n",
    "a zero byte in a parameter": GET.replace(b"+1", b"+1&database=%00") + READER + b"\r\n",
    "a line end in the id": GET.replace(b"+1", b"+1&query_id=a%0d%0aX:+y") + READER + b"\r\n",
    "too many parameters": GET.replace(b"+1", b"+1" + b"&a=1" * 2000) + READER + b"\r\n",
    "two lengths": POST + b"Content-Length: 8\r\nContent-Length: 9\r\n\r\nSELECT 1",
    "a negative length": POST + b"Content-Length: -8\r\n\r\nSELECT 1",
    "too large a length": POST + b"Content-Length: 999999999\r\n\r\nSELECT 1",
    "a broken chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n8\r\nSELECT 1\r\nzz\r\n",
    "a broken chunk without a password": POST.replace(READER, b"") + b"Transfer-Encoding: chunked\r\n\r\n8\r\nzz",
    "two encodings": POST + b"Content-Encoding: gzip, gzip\r\nContent-Length: 1\r\n\r\na",
    "an unknown encoding": POST + b"Content-Encoding: \xff\r\nContent-Length: 1\r\n\r\na",
    "no gzip": POST + b"Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\na",
    "no form": FORM + b"a" * 30,
    "the password in a form": FORM.replace(READER, b"") + b'--x\r\nContent-Disposition: form-data; name="user"\r\n\r\n',
    "junk after a request": GET + READER + b"\r\n\0junk\r\n\r\n",
}  # fmt: skip


@contextmanager
def _connected(server: EmbeddedServer, data: bytes = b"") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(data)
        yield connection


def _last_status(connection: socket.socket) -> int:
    """Read everything, close the connection, and return the last status."""
    said = b""
    connection.settimeout(1)
    try:
        while piece := connection.recv(65536):
            said += piece
    except (TimeoutError, ConnectionResetError):
        pass
    return int(re.findall(rb"HTTP/1\.[01] (\d{3}) ", said)[-1])


def _seconds(server: EmbeddedServer) -> float:
    """Return how long the writer waits for a response on a new connection."""
    begun = time.monotonic()
    assert server.ask("SELECT 1").text == "1"
    return time.monotonic() - begun


@pytest.fixture(scope="module", autouse=True)
def _no_traceback(server: EmbeddedServer) -> Iterator[None]:
    yield
    assert "Traceback" not in server.log.read_text()


def test_a_malformed_request_is_a_client_error(server: EmbeddedServer) -> None:
    def status(request: bytes) -> int:
        with _connected(server, request) as connection:
            return _last_status(connection)

    with ThreadPoolExecutor(8) as threads:
        statuses = dict(zip(MALFORMED, threads.map(status, MALFORMED.values()), strict=True))
    assert {name: code for name, code in statuses.items() if not 400 <= code < 500} == {}


def _bomb(size: int) -> bytes:
    pack, zeros = zlib.compressobj(9, wbits=31), bytes(1024**2)
    return b"".join([*(pack.compress(zeros) for _ in range(size // len(zeros))), pack.flush()])


def test_a_body_is_read_only_with_a_password_and_decoded_within_limits(server: EmbeddedServer) -> None:
    bomb = _bomb(256 * 1024**2)

    def blow(user: str | None) -> int:
        return server.ask(bomb, user=user, headers={"Content-Encoding": "gzip"}).status

    with ThreadPoolExecutor(8) as threads:
        statuses = [threads.submit(blow, user) for user in ["reader", None] * 4]
        assert max(_seconds(server) for _ in range(5)) < 2
    assert [answer.result() for answer in statuses] == [413, 403] * 4


@pytest.mark.parametrize("requests", [b"", b"POST / HTTP/1.1\r\nHost: a\r\n", GET + b"Content-Length: 99\r\n\r\n"])
def test_connections_without_a_password_do_not_block_the_writer(server: EmbeddedServer, requests: bytes) -> None:
    with ExitStack() as connections:
        for _ in range(3 * MAX_UNAUTHENTICATED):
            connections.enter_context(_connected(server, requests))
        assert max(_seconds(server) for _ in range(5)) < 2


def _dribble(server: EmbeddedServer, begun: bytes) -> tuple[int, float]:
    with _connected(server, begun) as connection:
        start = time.monotonic()
        while time.monotonic() - start < 15 and not _is_answered(connection):
            connection.sendall(b"X")
        return _last_status(connection), time.monotonic() - start


def _is_answered(connection: socket.socket) -> bool:
    connection.settimeout(0.2)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except TimeoutError:
        return False


def test_headers_and_bodies_must_arrive_in_time(server: EmbeddedServer) -> None:
    with ThreadPoolExecutor(2) as threads:
        headers = threads.submit(_dribble, server, b"GET /ping HTTP/1.1\r\nX: ")
        with _connected(server, POST + b"Content-Length: 99\r\n\r\nSELECT") as connection:
            begun = time.monotonic()
            assert wait_until(lambda: _is_answered(connection), 15)
            assert BODY_SECONDS - 1 < time.monotonic() - begun < BODY_SECONDS + 4
            assert _last_status(connection) == 408
        status, seconds = headers.result()
    assert status == 408
    assert HEADER_SECONDS - 1 < seconds < HEADER_SECONDS + 4


def test_a_client_must_read_its_response_in_time(server: EmbeddedServer) -> None:
    query = b"SELECT number FROM numbers(5000000)"
    path = b"POST /?wait_end_of_query=1 HTTP/1.1\r\nHost: a\r\n" + READER
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(path + b"Content-Length: %d\r\n\r\n" % len(query) + query)
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
        time.sleep(BODY_SECONDS + 2)
        received = sum(len(piece) for piece in iter(lambda: connection.recv(2**20), b""))
    # Of 39 MB: the content of the kernel's buffers.
    assert received < 16 * 1024**2


def test_wrong_passwords_are_delayed_and_the_right_one_is_not(server: EmbeddedServer) -> None:
    wrong = {"X-ClickHouse-User": "writer", "X-ClickHouse-Key": "a secret guess"}

    def guess(_: int) -> float:
        begun = time.monotonic()
        assert server.ask("SELECT 1", user=None, headers=wrong).status == 403
        return time.monotonic() - begun

    with ThreadPoolExecutor(8) as threads:
        waits = threads.map(guess, range(8))
        assert max(_seconds(server) for _ in range(3)) < 1
    assert max(waits) > 0.5
    assert "failed logins, the last one as writer from 127.0.0.1" in server.log.read_text()
    assert "a secret guess" not in server.log.read_text()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count() FROM numbers(1000000000000)",
        "SELECT number FROM numbers(1000000000000) WHERE sipHash64(number) = 0",
    ],
    ids=["a whole response", "a streamed response"],
)
def test_the_query_of_a_disconnected_client_is_cancelled(server: EmbeddedServer, query: str) -> None:
    def is_running() -> bool:
        others = "query LIKE 'SELECT%numbers(1000000000000)%' AND query NOT LIKE '%processes%'"
        return server.ask(f"SELECT count() FROM system.processes WHERE {others}").text != "0"

    request = POST + b"Content-Length: %d\r\n\r\n" % len(query) + query.encode()
    with _connected(server, request):
        assert wait_until(is_running, 10)
    assert wait_until(lambda: not is_running(), 10)
