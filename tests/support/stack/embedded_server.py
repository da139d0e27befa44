"""A ClickHouse server of the embedded stack for the tests, and ways to query it."""

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
    """A complete HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Return the body as text, without the line feed at its end."""
        return self.body.decode().rstrip("\n")


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A server on this port."""

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
        """Send one request, as curl does."""
        login = {"Authorization": f"Basic {b64encode(f'{user}:{PASSWORDS[user]}'.encode()).decode()}"} if user else {}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            data = body.encode() if isinstance(body, str) else body
            connection.request(
                method,
                f"{path}?{urlencode(parameters | dict(settings or {}))}",
                data,
                login | dict(headers or {}),
            )
            response = connection.getresponse()
            return HttpResponse(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def rows(self, query: str, user: str = "writer") -> list[str]:
        """Return the lines of a result; fail on an error."""
        response = self.ask(query, user=user, database=DATABASE)
        assert response.status == 200, response.text
        return response.text.splitlines()

    def client(self, user: str = "writer", **options: Any) -> Client:
        """Return a client of clickhouse-connect."""
        return clickhouse_connect.get_client(**self.address(user), **options)

    def address(self, user: str) -> dict[str, Any]:
        """Return the address for clickhouse-connect."""
        server = {"host": "127.0.0.1", "port": self.port, "database": DATABASE}
        return server | {"username": user, "password": PASSWORDS[user]}


def process(directory: Path) -> Process:
    """Return the server as a process that is not started."""
    environment = {f"CONVOSTREAM_{user.upper()}_PASSWORD": password for user, password in PASSWORDS.items()}
    environment |= {"CONVOSTREAM_FRONT_HEADER_SECONDS": str(HEADER_SECONDS)}
    environment |= {"CONVOSTREAM_FRONT_BODY_SECONDS": str(BODY_SECONDS)}
    path = str(directory / "clickhouse")
    return Process(
        "clickhouse",
        lambda port: [
            *(sys.executable, "-m", "deploy.embedded", "clickhouse"),
            *("--port", str(port), "--data-directory", path),
        ],
        directory / "clickhouse.log",
        environment,
    )


@contextmanager
def running_server(directory: Path) -> Iterator[EmbeddedServer]:
    """Run a server over this directory, with the database."""
    server = process(directory)
    server.start()
    try:
        server.wait_until_ready(60)
        http = EmbeddedServer(server.port, server.log)
        http.ask(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
        yield http
    finally:
        server.stop()
