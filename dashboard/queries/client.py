"""Queries to ClickHouse as the user `reader`, with limits on time, memory and concurrency.

Health checks and live streams have one slot each of their own, so that they answer while other queries wait. Cancelling
a query closes its connection, and ClickHouse then ends the query.

The SQL is this package's own text; values from callers are only passed as bound parameters.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import pyarrow as pa
from aiohttp import ClientError
from clickhouse_connect.driver import create_async_client
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError

from dashboard.errors import BadParameter, RefusedToStart, Unavailable
from dashboard.protection.query_queue import QueryQueue
from sql.address import parse_address
from sql.errors import AddressError

QUERIES_AT_ONCE: Final = 4
LIMITS: Final[Mapping[str, object]] = {
    "max_execution_time": 20,
    "max_memory_usage": 1024**3,
    "max_threads": 2,
    "output_format_arrow_date_as_uint16": 0,
    "cancel_http_readonly_queries_on_client_close": 1,
}
QUERY_SECONDS: Final = 30.0
TIMEOUTS: Final[Mapping[str, Any]] = {"connect_timeout": 5, "send_receive_timeout": 25}
_TIME_ZONE_ERRORS: Final = ("time zone", "timezone", "TimeZone")
_LIMIT_ERRORS: Final = ("TIMEOUT_EXCEEDED", "MEMORY_LIMIT_EXCEEDED", "TOO_SLOW", "code: 159", "code: 241", "code: 160")
_CODES: Final = re.compile(r"\b[Cc]ode: [0-9]+|\([A-Z][A-Z_]+\)")

log = logging.getLogger("dashboard")
T = TypeVar("T")


class Connection:
    """The shared client; it connects with the first query, so that the page can report that ClickHouse is down."""

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
        """Close the connections; a later query opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()


class ClickHouseReader:
    """Runs queries within its own number of slots."""

    def __init__(self, connection: Connection, turns: QueryQueue) -> None:
        self._connection = connection
        self._turns = turns

    async def table(self, query: str, parameters: Mapping[str, object]) -> pa.Table:
        """Return the rows of a query as an Arrow table."""
        return await self._run(lambda client: client.query_arrow(query, dict(parameters), use_strings=True))

    async def rows(self, query: str, parameters: Mapping[str, object]) -> list[dict[str, Any]]:
        """Return the rows of a query as dictionaries by column."""
        rows: list[dict[str, Any]] = (await self.table(query, parameters)).to_pylist()
        return rows

    async def _run(self, query: Callable[[AsyncClient], Awaitable[T]]) -> T:
        try:
            async with self._turns.slot(), asyncio.timeout(QUERY_SECONDS):
                return await query(await self._connection.client())
        except (ClientError, TimeoutError, OSError) as error:
            raise Unavailable("ClickHouse does not answer") from error
        except ClickHouseError as error:
            raise _translate_error(error) from error


def _translate_error(error: ClickHouseError) -> Exception:
    """Return the error for the caller: a bad time zone, a query that is too large, or ClickHouse's own failure."""
    text = str(error)
    if any(code in text for code in _LIMIT_ERRORS):
        return Unavailable("the query needs more time or memory than the dashboard allows; use a shorter range")
    if any(words in text for words in _TIME_ZONE_ERRORS):
        return BadParameter("time_zone", "an IANA name that ClickHouse knows, like Europe/Zagreb or UTC")
    if isinstance(error, OperationalError):
        return Unavailable("ClickHouse does not answer")
    # The rest of the text may contain parameter values, which are personal data.
    log.error("ClickHouse refused a query: %s", " ".join(_CODES.findall(text)) or type(error).__name__)
    return Unavailable("ClickHouse returned an unexpected error; see the dashboard's log")


def _arguments(url: str) -> dict[str, Any]:
    try:
        address = parse_address(url, "CONVOSTREAM_CLICKHOUSE_READER_URL", username="reader")
    except AddressError as error:
        raise RefusedToStart(str(error)) from error
    return {**address.arguments, "client_name": "convostream-dashboard", "tz_mode": "aware"}
