"""The client of ClickHouse for workers and commands: pooled, with blocking calls in threads and classified errors."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import IOBase
from typing import Any, Final, TypeVar, cast

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from sql.address import parse_address
from stream_processors.errors import BlockRefused, StaleOwner
from stream_processors.retries import error_code

T = TypeVar("T")
Row = Mapping[str, Any]
Parameters = Mapping[str, object]

STALE_OWNER: Final = "CONVOSTREAM_STALE_OWNER"
SCHEMA_CHANGE: Final = "CONVOSTREAM_SCHEMA_CHANGE"

# ClickHouse's error code of `throwIf`, by which the fence refuses a stale owner.
THROW_IF: Final = 395

# Errors of load, disk or another server (timeouts, concurrency, network, memory, space, replicas, Keeper, unknown
# ones): the same call may succeed later. Any other code is a fault of the call. See src/Common/ErrorCodes.cpp.
TRANSIENT_CODES: Final = frozenset(
    {159, 160, 201, 202, 203, 209, 210, 225, 236, 241, 242, 243, 279, 285, 286, 319, 341, 394, 425, 439, 473, 745}
    | {999, 1000, 1001, 1002}
)

# An insert stays one block with one deduplication token in every target of the views (docs/architecture.md).
INSERT_SETTINGS: Final[dict[str, object]] = {
    "async_insert": 0,
    "insert_deduplicate": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "parallel_view_processing": 0,
    "max_insert_block_size": 1_048_576,
    "max_block_size": 1_048_576,  # the unfolded arrays of a flush stay one block too
    "min_insert_block_size_rows": 1_048_576,
    "min_insert_block_size_bytes": 1_073_741_824,
    "input_format_parallel_parsing": 0,
    "max_insert_threads": 1,
    "optimize_on_insert": 0,  # a flush has no rows to merge, and looking for them cost a quarter of an insert
    "input_format_null_as_default": 1,
    "wait_end_of_query": 1,
    # 0 is no limit: times of receipt lie between 2000 and now, so partitions stay few.
    "max_partitions_per_insert_block": 0,
}


# For streamed answers: few rows in memory at a time, and JSON with exact integers.
STREAM_SETTINGS: Final[dict[str, object]] = {
    "max_query_size": 16_777_216,
    "max_block_size": 256,
    "output_format_json_quote_64bit_integers": 1,
    "date_time_output_format": "iso",
}

MANY_ROWS_SETTINGS: Final[dict[str, object]] = {"max_query_size": 16_777_216, "max_block_size": 8_192}


class ClickHouse:
    """ClickHouse over HTTP, at `address`; raises AddressError for a URL that is not one of ClickHouse."""

    def __init__(self, url: str, timeout_seconds: float = 60, threads: int = 8) -> None:
        self.address: Final = parse_address(url)
        self._timeout = timeout_seconds
        self._client: Client | None = None
        self._connecting = threading.Lock()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="clickhouse")

    async def rows(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        """Return the rows of a query as mappings by column; pass values as parameters, never in the text."""
        settings = {"max_query_size": 16_777_216}
        return await self._run(
            lambda client: list(client.query(sql, parameters=dict(parameters or {}), settings=settings).named_results())
        )

    async def scan(self, sql: str, parameters: Parameters, take: Callable[[Row], None]) -> None:
        """Stream the rows of a query to `take`, in another thread; texts are bytes."""
        await self._run(lambda client: _scan(client, sql, parameters, take, STREAM_SETTINGS, {"String": "bytes"}))

    async def scan_texts(self, sql: str, parameters: Parameters, take: Callable[[Row], None]) -> None:
        """Stream many small rows of a query to `take`, in another thread."""
        await self._run(lambda client: _scan(client, sql, parameters, take, MANY_ROWS_SETTINGS, {}))

    async def lines(self, sql: str, parameters: Parameters, take: Callable[[bytes], None]) -> None:
        """Stream the rows of a query to `take` as lines of JSON, in another thread."""
        await self._run(lambda client: _lines(client, sql, parameters, take))

    async def column(self, sql: str, parameters: Parameters | None = None) -> Any:
        """Return the only column of a query as a numpy array."""
        return await self._run(
            lambda client: client.query_arrow(sql, parameters=dict(parameters or {})).column(0).to_numpy()
        )

    async def command(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement without a result."""
        await self._run(lambda client: client.command(sql, parameters=dict(parameters or {})))

    async def insert_row(self, table: str, row: Mapping[str, object]) -> None:
        """Insert one row without deduplication."""
        await self._run(lambda client: client.insert(table, [list(row.values())], column_names=list(row)))

    async def insert_block(self, table: str, columns: Sequence[str], block: memoryview, token: str) -> None:
        """Insert an Arrow stream of one block under a deduplication token; a repetition has no effect."""
        settings = {**INSERT_SETTINGS, "insert_deduplication_token": token}
        body: Any = block  # the client accepts any bytes-like object
        await self._run(lambda client: client.raw_insert(table, columns, body, fmt="ArrowStream", settings=settings))

    def close(self) -> None:
        """Close the connections after the running calls have ended."""
        self._threads.shutdown()
        if self._client is not None:
            self._client.close()

    async def _run(self, call: Callable[[Client], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._call, call)

    def _call(self, call: Callable[[Client], T]) -> T:
        try:
            with self._connecting:
                client = self._client = self._client or self._connect()
            return call(client)
        except ClickHouseError as error:
            raise classify_error(error) from error

    def _connect(self) -> Client:
        return clickhouse_connect.get_client(
            **self.address.arguments,
            autogenerate_session_id=False,
            compress=False,
            send_receive_timeout=self._timeout,
            connect_timeout=min(10, self._timeout),
            query_retries=0,
        )


def _scan(
    client: Client,
    sql: str,
    parameters: Parameters,
    take: Callable[[Row], None],
    settings: dict[str, object],
    formats: dict[str, str],
) -> None:
    stream = client.query_row_block_stream(sql, dict(parameters), settings=settings, query_formats=formats)
    names: Sequence[str] = cast(Any, stream.source).column_names
    with stream:
        for block in stream:
            for row in block:
                take(dict(zip(names, row, strict=True)))


def _lines(client: Client, sql: str, parameters: Parameters, take: Callable[[bytes], None]) -> None:
    answer = client.raw_stream(sql, dict(parameters), settings=STREAM_SETTINGS, fmt="JSONEachRow")
    with cast(IOBase, answer):
        for line in cast(IOBase, answer):
            take(line.rstrip(b"\n"))


def classify_error(error: ClickHouseError) -> Exception:
    """Return StaleOwner or BlockRefused for an error of the call, and a transient error unchanged."""
    text, code = str(error), error_code(error)
    if code == THROW_IF and STALE_OWNER in text:
        return StaleOwner("the partition has a later claim")
    is_transient = code in TRANSIENT_CODES or (code == THROW_IF and SCHEMA_CHANGE in text)
    return error if code is None or is_transient else BlockRefused(text, code)
