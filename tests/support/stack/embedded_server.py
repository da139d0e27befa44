"""A front of its own for the tests, and ways to ask it."""

import os
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from deploy.embedded.stack.processes import Process

PASSWORDS = {"writer": "writer's own", "reader": "reader:own"}
DATABASE = "convostream"
HEADER_SECONDS = 3
BODY_SECONDS = 4


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An HTTP answer, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, without the line feed at its end."""
        return self.body.decode().rstrip("\n")


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A front that answers on this port."""

    port: int
    log: Path = Path(os.devnull)

    def ask(
        self,
        body: bytes | str = b"",
        *,
        user: str | None = "writer",
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        path: str = "/",
        settings: Mapping[str, object] | None = None,
        **parameters: object,
    ) -> HttpResponse:
        """One request, as curl would send it."""
        sent = {"Authorization": f"Basic {b64encode(f'{user}:{PASSWORDS[user]}'.encode()).decode()}"} if user else {}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            data = body.encode() if isinstance(body, str) else body
            connection.request(
                method, f"{path}?{urlencode(parameters | dict(settings or {}))}", data, sent | dict(headers or {})
            )
            answer = connection.getresponse()
            return HttpResponse(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def rows(self, query: str, user: str = "writer") -> list[str]:
        """The lines of an answer that must not be an error."""
        answer = self.ask(query, user=user, database=DATABASE)
        assert answer.status == 200, answer.text
        return answer.text.splitlines()

    def client(self, user: str = "writer", **options: Any) -> Client:
        """A client of clickhouse-connect."""
        return clickhouse_connect.get_client(**self.address(user), **options)

    def address(self, user: str) -> dict[str, Any]:
        """What clickhouse-connect has to know."""
        where = {"host": "127.0.0.1", "port": self.port, "database": DATABASE}
        return where | {"username": user, "password": PASSWORDS[user]}


def process(directory: Path) -> Process:
    """The front as a process, not yet started."""
    environment = {f"CONVOSTREAM_{user.upper()}_PASSWORD": password for user, password in PASSWORDS.items()}
    environment |= {"CONVOSTREAM_FRONT_HEADER_SECONDS": str(HEADER_SECONDS)}
    environment |= {"CONVOSTREAM_FRONT_BODY_SECONDS": str(BODY_SECONDS)}
    where = str(directory / "clickhouse")
    return Process(
        "clickhouse",
        lambda port: [
            *(sys.executable, "-m", "deploy.embedded", "clickhouse"),
            *("--port", str(port), "--data-directory", where),
        ],
        directory / "clickhouse.log",
        environment,
    )


@contextmanager
def running_server(directory: Path) -> Iterator[EmbeddedServer]:
    """A front over this directory, with the database."""
    running = process(directory)
    running.start()
    try:
        running.wait_until_ready(60)
        served = EmbeddedServer(running.port, running.log)
        served.ask(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
        yield served
    finally:
        running.stop()
