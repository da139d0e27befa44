"""clickhouse-connect, sync and async, works as it does with a ClickHouse server."""

import asyncio
from datetime import UTC, datetime

import clickhouse_connect
import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError

from tests.support.stack.embedded_server import EmbeddedServer

AT = datetime(2026, 4, 1, 12, 0, 0, 123000, UTC)
ENCODINGS = [False, "lz4", "zstd", "gzip"]


def _arrow(count: int) -> pa.Table:
    return pa.table({"number": pa.array(range(count), pa.uint64()), "text": [f"text {n}" for n in range(count)]})


@pytest.mark.parametrize("compress", ENCODINGS)
def test_rows_are_inserted_and_read(server: EmbeddedServer, table: str, compress: bool | str) -> None:
    client = server.client(compress=compress)
    summary = client.insert(table, [[1, "a;'\n", AT], [2, "ü", AT]], column_names=["number", "text", "at"])
    assert summary.written_rows == 2
    result = client.query(f"SELECT number, text, at FROM {table} ORDER BY number").result_rows
    assert result == [(1, "a;'\n", AT.replace(tzinfo=None)), (2, "ü", AT.replace(tzinfo=None))]


@pytest.mark.parametrize("compress", ENCODINGS)
def test_arrow_is_inserted_and_read(server: EmbeddedServer, table: str, compress: bool | str) -> None:
    client = server.client(compress=compress)
    assert client.insert_arrow(table, _arrow(3000)).written_rows == 3000
    result = client.query_arrow(f"SELECT number, text FROM {table} ORDER BY number")
    assert result.column("number").to_pylist() == list(range(3000))
    assert result.column("text")[2999].as_py() == "text 2999"


@pytest.mark.parametrize("compress", ENCODINGS)
def test_a_large_result_is_streamed(server: EmbeddedServer, compress: bool | str) -> None:
    client = server.client("reader", compress=compress)
    with client.query_row_block_stream("SELECT number, toString(number) FROM numbers(1000000)") as blocks:
        assert sum(len(block) for block in blocks) == 1_000_000
    with client.raw_stream("SELECT number FROM numbers(300000)", fmt="CSV") as raw:
        assert raw.read().count(b"\n") == 300_000


def test_an_error_in_the_middle_of_a_stream_is_raised(server: EmbeddedServer) -> None:
    query = "SELECT number, throwIf(number = 900000, 'too far') FROM numbers(1000000)"
    with server.client("reader").query_row_block_stream(query) as blocks:
        assert len(next(blocks)) > 0
        with pytest.raises(StreamFailureError, match="too far"):
            list(blocks)


def test_parameters_are_bound(server: EmbeddedServer) -> None:
    values = {"text": "it's\ta \\ \n", "number": 7, "names": ["a'b", "c,d"], "at": AT, "missing": None}
    query = (
        "SELECT {text:String}, {number:UInt64}, {names:Array(String)}, {at:DateTime64(3, 'UTC')}, "
        "{missing:Nullable(String)}"
    )
    result = server.client("reader").query(query, parameters=values).result_rows
    assert result == [("it's\ta \\ \n", 7, ["a'b", "c,d"], AT.replace(tzinfo=None), None)]


def test_large_parameters_are_sent_as_a_form(server: EmbeddedServer) -> None:
    numbers = list(range(200_000))
    query = "SELECT sum(arrayJoin({numbers:Array(UInt64)}))"
    assert server.client("reader").query(query, parameters={"numbers": numbers}).result_rows == [(sum(numbers),)]


def test_a_setting_lasts_for_one_query(server: EmbeddedServer) -> None:
    client = server.client("reader")
    query = "SELECT getSetting('max_threads') = 3"
    assert client.query(query, settings={"max_threads": 3}).result_rows == [(1,)]
    assert client.query(query).result_rows == [(0,)]


def test_a_command_returns_a_value_or_a_summary(server: EmbeddedServer, table: str) -> None:
    client = server.client()
    assert client.command("SELECT 42") == 42
    assert client.command(f"SELECT text FROM {table}") == ""
    assert client.command(f"INSERT INTO {table} (number) SELECT number FROM numbers(5)").written_rows == 5  # type: ignore[union-attr]
    assert client.command(f"INSERT INTO {table} FORMAT CSV", data="6,six,2026-04-01 00:00:00\n").written_rows == 1  # type: ignore[union-attr]


def test_no_rows_still_have_their_columns_in_arrow(server: EmbeddedServer, table: str) -> None:
    assert server.client().query_arrow(f"SELECT number FROM {table}").column_names == ["number"]
    assert server.client().query(f"SELECT number FROM {table} LIMIT 0").column_names == ("number",)


def test_an_error_has_clickhouses_code_and_text(server: EmbeddedServer) -> None:
    with pytest.raises(DatabaseError, match="Unknown table expression identifier 'no_such_table'") as refused:
        server.client("reader").query("SELECT * FROM no_such_table")
    assert (refused.value.code, refused.value.name) == (60, "UNKNOWN_TABLE")


def test_a_wrong_password_is_refused(server: EmbeddedServer) -> None:
    with pytest.raises(DatabaseError) as refused:
        clickhouse_connect.get_client(**server.address("reader") | {"password": "wrong"})
    assert refused.value.code == 516


async def test_the_async_client_does_all_of_this(server: EmbeddedServer, table: str) -> None:
    client = await clickhouse_connect.get_async_client(**server.address("writer"))
    async with client:
        assert (await client.insert_arrow(table, _arrow(1000))).written_rows == 1000
        await client.insert(table, [[5000, "last", AT]], column_names=["number", "text", "at"])
        assert await client.command(f"SELECT count() FROM {table}") == 1001
        assert (await client.query_arrow(f"SELECT max(number) AS m FROM {table}")).to_pydict() == {"m": [5000]}
        async with await client.query_row_block_stream("SELECT number FROM numbers(300000)") as blocks:
            assert sum([len(block) async for block in blocks]) == 300_000
        with pytest.raises(DatabaseError) as refused:
            await client.command("SELECT no_such_function()")
        assert refused.value.code == 46


async def test_one_async_client_runs_many_queries_at_once(server: EmbeddedServer) -> None:
    async with await clickhouse_connect.get_async_client(**server.address("reader")) as client:
        answers = await asyncio.gather(*(client.query(f"SELECT {n}, sleep(0.2)") for n in range(20)))
    assert [answer.result_rows[0][0] for answer in answers] == list(range(20))
