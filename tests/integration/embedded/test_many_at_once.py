"""Concurrent requests get their own responses, and a long one delays no other."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.support.stack.embedded_server import DATABASE, EmbeddedServer

LONG = (
    "SELECT sleepEachRow(1) FROM numbers(3) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0"
)


def test_a_long_query_delays_no_other(server: EmbeddedServer) -> None:
    with ThreadPoolExecutor(8) as threads:
        long = [threads.submit(server.ask, LONG) for _ in range(8)]
        time.sleep(0.3)
        before = time.monotonic()
        assert server.ask("SELECT 1").text == "1"
        assert time.monotonic() - before < 1
        assert not any(query.done() for query in long)
    assert [query.result().status for query in long] == [200] * 8


def test_a_hundred_requests_at_once_are_not_mixed_up(server: EmbeddedServer) -> None:
    def ask(number: int) -> str:
        settings = {"max_threads": number % 7 + 1, "param_n": number}
        return server.ask("SELECT {n:UInt32}, getSetting('max_threads'), currentDatabase()", settings=settings).text

    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(ask, range(100)))
    assert answers == [f"{number}\t{number % 7 + 1}\tdefault" for number in range(100)]


def test_readers_and_writers_work_at_once(server: EmbeddedServer, table: str) -> None:
    def insert(number: int) -> int:
        rows = "".join(f"{n},x\n" for n in range(number * 100, number * 100 + 100))
        query = f"INSERT INTO {table} (number, text) FORMAT CSV"
        return server.ask(rows.encode(), query=query, database=DATABASE).status

    def count(_: int) -> int:
        return int(server.rows(f"SELECT count() FROM {table}")[0])

    with ThreadPoolExecutor(16) as threads:
        written = threads.map(insert, range(30))
        read = list(threads.map(count, range(30)))
        assert set(written) == {200}
    assert all(count % 100 == 0 for count in read)
    assert count(0) == 3000


def test_a_hostile_reader_does_not_delay_the_writer(server: EmbeddedServer) -> None:
    slow = (
        "SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_execution_time = 7",
        "SELECT count() FROM numbers(1e12) WHERE NOT ignore(sipHash64(number)) SETTINGS max_execution_time = 7",
        "SELECT groupArray(number) FROM numbers(1000000000) SETTINGS max_execution_time = 7",
    )
    with ThreadPoolExecutor(70) as threads:
        asked = [threads.submit(server.ask, slow[n % 3], user="reader") for n in range(70)]
        waited = []
        for _ in range(20):
            before = time.monotonic()
            assert server.ask("SELECT 1").text == "1"
            waited.append(time.monotonic() - before)
            time.sleep(0.1)
        codes = {query.result().headers.get("X-ClickHouse-Exception-Code") for query in asked}
    assert sorted(waited)[10] < 0.5
    assert max(waited) < 3
    assert codes <= {"159", "160", "202", "241"}
    assert "202" in codes


def test_a_client_that_disconnects_ends_its_query(server: EmbeddedServer) -> None:
    client = server.client("reader")
    with client.raw_stream("SELECT number FROM numbers(100000000000)", fmt="CSV") as stream:
        assert stream.read(10) == b"0\n1\n2\n3\n4\n"
    deadline = time.monotonic() + 10
    running = "SELECT count() FROM system.processes WHERE query LIKE '%100000000000%'"
    while time.monotonic() < deadline and server.ask(f"{running} AND query NOT LIKE '%processes%'").text != "0":
        time.sleep(0.1)
    assert server.ask(f"{running} AND query NOT LIKE '%processes%'").text == "0"
