"""The way to ClickHouse: the user `reader`, bound parameters, limits of time and memory, few queries at once.

Health and live streams have a slot each of their own, so that they answer while other questions wait. A question that
nobody waits for any more is cancelled: its connection is closed, and ClickHouse ends the query.

The SQL is this package's own; what callers say arrives in bound parameters alone.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from aiohttp import ClientError
from clickhouse_connect.driver import create_async_client
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError

from dashboard.errors import BadParameter, RefusedToStart, Unavailable
from dashboard.protection.query_queue import Turns

QUERIES_AT_ONCE: Final = 4
LIMITS: Final[Mapping[str, object]] = {
    "max_execution_time": 20,
    "max_memory_usage": 1024**3,
    "max_threads": 2,
    "output_format_arrow_date_as_uint16": 0,
    "cancel_http_readonly_queries_on_client_close": 1,
}
QUESTION_SECONDS: Final = 30.0
TIMEOUTS: Final[Mapping[str, Any]] = {"connect_timeout": 5, "send_receive_timeout": 25}
ALLOWED_ADDRESS: Final = "http://user:password@host:8123/database (or https://)"
_UNREADABLE_ZONE: Final = ("time zone", "timezone", "TimeZone")
_TOO_MUCH: Final = ("TIMEOUT_EXCEEDED", "MEMORY_LIMIT_EXCEEDED", "TOO_SLOW", "code: 159", "code: 241", "code: 160")
_NAMED: Final = re.compile(r"\b[Cc]ode: [0-9]+|\([A-Z][A-Z_]+\)")

log = logging.getLogger("dashboard")
T = TypeVar("T")


class Connection:
    """The client of all readers; made with the first question, so that a page can say that ClickHouse is away."""

    def __init__(self, url: str) -> None:
        self._arguments = _arguments(url)
        self._client: AsyncClient | None = None
        self._connecting = asyncio.Lock()

    async def client(self) -> AsyncClient:
        """Return the client, connected."""
        async with self._connecting:
            if self._client is None:
                self._client = await create_async_client(**self._arguments, **TIMEOUTS, settings=dict(LIMITS))
            return self._client

    async def close(self) -> None:
        """Close the connections; a later question makes new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()


class Reader:
    """Asks ClickHouse, within its own number of slots."""

    def __init__(self, connection: Connection, turns: Turns) -> None:
        self._connection = connection
        self._turns = turns

    async def table(self, query: str, parameters: Mapping[str, object]) -> pa.Table:
        """The rows of a query as Arrow has them."""
        return await self._ask(lambda client: client.query_arrow(query, dict(parameters), use_strings=True))

    async def rows(self, query: str, parameters: Mapping[str, object]) -> list[dict[str, Any]]:
        """The rows of a query, by column."""
        rows: list[dict[str, Any]] = (await self.table(query, parameters)).to_pylist()
        return rows

    async def _ask(self, question: Callable[[AsyncClient], Awaitable[T]]) -> T:
        try:
            async with self._turns.turn(), asyncio.timeout(QUESTION_SECONDS):
                return await question(await self._connection.client())
        except (ClientError, TimeoutError, OSError) as error:
            raise Unavailable("ClickHouse does not answer") from error
        except ClickHouseError as error:
            raise _sorted(error) from error


def _sorted(error: ClickHouseError) -> Exception:
    """Who acts on an error: the caller who named a zone that ClickHouse lacks, or somebody at the server."""
    text = str(error)
    if any(code in text for code in _TOO_MUCH):
        return Unavailable("the query takes more time or memory than a dashboard may use; ask for a shorter range")
    if any(words in text for words in _UNREADABLE_ZONE):
        return BadParameter("time_zone", "an IANA name that ClickHouse knows, like Europe/Zagreb or UTC")
    if isinstance(error, OperationalError):
        return Unavailable("ClickHouse does not answer")
    # The rest of its text may hold the values of parameters, which people wrote.
    log.error("ClickHouse refused a query: %s", " ".join(_NAMED.findall(text)) or type(error).__name__)
    return Unavailable("ClickHouse does not answer as it should; the dashboard's log says more")


def _arguments(url: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise RefusedToStart(
            f"CONVOSTREAM_CLICKHOUSE_READER_URL cannot be read; allowed is {ALLOWED_ADDRESS}"
        ) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise RefusedToStart(f"CONVOSTREAM_CLICKHOUSE_READER_URL names no host; allowed is {ALLOWED_ADDRESS}")
    secure = parts.scheme == "https"
    return {
        "interface": parts.scheme,
        "host": parts.hostname,
        "port": port or (8443 if secure else 8123),
        "username": unquote(parts.username or "reader"),
        "password": unquote(parts.password or ""),
        "database": unquote(parts.path.strip("/")) or "convostream",
        "client_name": "convostream-dashboard",
        "tz_mode": "aware",
    }
