"""Inserts keep the promises of a ClickHouse server: one block, deduplication by token, and no error lost."""

import gzip
import io

import numpy as np
import pyarrow as pa
import pytest

from tests.support.stack.embedded_server import DATABASE, EmbeddedServer, HttpResponse

ROWS = [(1, "a;b"), (2, "c\n\nd"), (3, "ü'")]
TOKEN = {
    "async_insert": 0,
    "insert_deduplicate": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "parallel_view_processing": 0,
}


def _arrow(rows: list[tuple[int, str]], *, file: bool = False) -> bytes:
    content = pa.table({"number": pa.array([r[0] for r in rows], pa.uint64()), "text": [r[1] for r in rows]})
    out = io.BytesIO()
    with (pa.ipc.new_file if file else pa.ipc.new_stream)(out, content.schema) as writer:
        writer.write_table(content)
    return out.getvalue()


def _insert(server: EmbeddedServer, query: str, data: bytes, **settings: object) -> HttpResponse:
    return server.ask(data, query=query, database=DATABASE, settings=settings)


FORMATS = {
    "Arrow": _arrow(ROWS, file=True),
    "ArrowStream": _arrow(ROWS),
    "JSONEachRow": b'{"number":1,"text":"a;b"}\n\n\n{"text":"c\\n\\nd","number":2}\n{"number":3,"text":"\xc3\xbc\'"}',
    "CSV": b'1,"a;b"\n2,"c\n\nd"\n3,"\xc3\xbc\'"\n',
    "CSVWithNames": b'text,number\n"a;b",1\n"c\n\nd",2\n"\xc3\xbc\'",3\n',
    "TabSeparated": b"1\ta;b\n2\tc\\n\\nd\n3\t\xc3\xbc'\n",
    "Values": b"(1, 'a;b'), (1 + 1, 'c\\n\\nd'),\n(3, '\xc3\xbc\\'')",
    "RowBinary": b"".join(
        n.to_bytes(8, "little") + bytes([len(t.encode())]) + t.encode() for n, t in ROWS
    ),
}  # fmt: skip


@pytest.mark.parametrize("in_url", [True, False], ids=["query in the URL", "query in the body"])
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_accepted(server: EmbeddedServer, table: str, name: str, in_url: bool) -> None:
    query = f"INSERT INTO {table} (number, text) FORMAT {name}"
    data = FORMATS[name]
    answer = _insert(server, query, data) if in_url else _insert(server, "", f"{query}\n".encode() + data)
    assert answer.status == 200, answer.text
    assert '"written_rows":"3"' in answer.headers["X-ClickHouse-Summary"]
    rows = server.rows(f"SELECT number, text FROM {table} ORDER BY number FORMAT JSONCompactEachRow")
    assert rows == ['[1, "a;b"]', '[2, "c\\n\\nd"]', '[3, "ü\'"]']


def test_native_round_trips(server: EmbeddedServer, table: str) -> None:
    data = server.ask("SELECT number, toString(number) AS text FROM numbers(70000) FORMAT Native").body
    assert _insert(server, f"INSERT INTO {table} (number, text) FORMAT Native", data).status == 200
    assert server.rows(f"SELECT count(), uniqExact(_part) FROM {table}") == ["70000\t1"]


def test_a_compressed_body_is_decoded(server: EmbeddedServer, table: str) -> None:
    packed = gzip.compress(b"1,one\n") + gzip.compress(b"2,two\n")
    query = f"INSERT INTO {table} (number, text) FORMAT CSV"
    assert server.ask(packed, query=query, database=DATABASE, headers={"Content-Encoding": "gzip"}).status == 200
    assert server.rows(f"SELECT text FROM {table} ORDER BY number") == ["one", "two"]


def test_half_a_million_rows_of_sixty_columns_are_one_block(server: EmbeddedServer) -> None:
    count = 500_000
    columns = {f"c{n}": pa.array(np.arange(count, dtype=np.uint32)) for n in range(60)}
    declared = ", ".join(f"{name} UInt32" for name in columns)
    server.ask(f"CREATE OR REPLACE TABLE wide ({declared}) ENGINE = MergeTree ORDER BY c0", database=DATABASE)
    assert server.client().insert_arrow("wide", pa.table(columns)).written_rows == count
    assert server.rows("SELECT count(), uniqExact(_part) FROM wide") == [f"{count}\t1"]
    server.ask("DROP TABLE wide SYNC", database=DATABASE)


@pytest.fixture(scope="module")
def chain(server: EmbeddedServer) -> EmbeddedServer:
    """Provide a Null table, a Null table behind a view that refuses, and three targets over several months."""
    for statement in (
        "CREATE TABLE chain_inbox (number UInt64, at DateTime) ENGINE = Null",
        "CREATE TABLE chain_admitted (number UInt64, at DateTime) ENGINE = Null",
        "CREATE MATERIALIZED VIEW chain_admitted_mv TO chain_admitted AS SELECT number, at FROM chain_inbox "
        "WHERE NOT throwIf(number = 999, 'STALE OWNER')",
        "CREATE TABLE chain_events (number UInt64, at DateTime) ENGINE = MergeTree PARTITION BY toYYYYMM(at) "
        "ORDER BY number SETTINGS non_replicated_deduplication_window = 1000",
        "CREATE MATERIALIZED VIEW chain_events_mv TO chain_events AS SELECT * FROM chain_admitted",
        "CREATE TABLE chain_sums (kind UInt64, amount UInt64) ENGINE = SummingMergeTree ORDER BY kind "
        "SETTINGS non_replicated_deduplication_window = 1000",
        "CREATE MATERIALIZED VIEW chain_sums_mv TO chain_sums AS SELECT number % 7 AS kind, count() AS amount "
        "FROM chain_admitted GROUP BY kind",
        "CREATE TABLE chain_days (day Date, amount UInt64) ENGINE = SummingMergeTree ORDER BY day "
        "SETTINGS non_replicated_deduplication_window = 1000",
        "CREATE MATERIALIZED VIEW chain_days_mv TO chain_days AS SELECT toDate(at) AS day, count() AS amount "
        "FROM chain_events GROUP BY day",
    ):
        answer = server.ask(statement, database=DATABASE)
        assert answer.status == 200, answer.text
    return server


def _block(first: int, count: int) -> bytes:
    numbers = range(first, first + count)
    content = pa.table(
        {
            "number": pa.array(numbers, pa.uint64()),
            "at": pa.array([1_767_225_600 + n * 86_400 * 3 for n in range(count)], pa.timestamp("s")),
        }
    )
    out = io.BytesIO()
    with pa.ipc.new_stream(out, content.schema) as writer:
        writer.write_table(content)
    return out.getvalue()


def _into_chain(server: EmbeddedServer, first: int, token: str, count: int = 50) -> HttpResponse:
    query = "INSERT INTO chain_inbox FORMAT ArrowStream"
    return _insert(server, query, _block(first, count), insert_deduplication_token=token, **TOKEN)


def _in_chain(server: EmbeddedServer) -> str:
    return server.rows(
        "SELECT (SELECT count() FROM chain_events), (SELECT sum(amount) FROM chain_sums), "
        "(SELECT sum(amount) FROM chain_days)"
    )[0]


def test_a_repeated_token_changes_no_target_behind_a_null_table(chain: EmbeddedServer) -> None:
    for first, token in ((0, "one"), (0, "one"), (50, "two"), (0, "one"), (100, "two"), (50, "two")):
        assert _into_chain(chain, first, token).status == 200
    assert _in_chain(chain) == "100\t100\t100"


def test_a_block_that_a_view_refuses_is_an_error_and_reaches_no_target(chain: EmbeddedServer) -> None:
    before = _in_chain(chain)
    answer = _into_chain(chain, 960, "refused")
    assert answer.headers["X-ClickHouse-Exception-Code"] == "395"
    assert "STALE OWNER" in answer.text
    assert _in_chain(chain) == before


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO chain_inbox VALUES (999, now())",
        "INSERT INTO chain_inbox SELECT 999, now()",
        'INSERT INTO chain_inbox FORMAT JSONEachRow\n{"number": 999, "at": "2026-04-01 00:00:00"}',
    ],
)
def test_no_kind_of_insert_loses_the_error_of_a_view(chain: EmbeddedServer, query: str) -> None:
    assert chain.ask(query, database=DATABASE).headers["X-ClickHouse-Exception-Code"] == "395"


def test_a_token_does_not_affect_the_next_insert(server: EmbeddedServer, table: str) -> None:
    query = f"INSERT INTO {table} (number) FORMAT CSV"
    assert _insert(server, query, b"1\n", insert_deduplication_token="once").status == 200
    assert _insert(server, query, b"2\n").status == 200
    assert server.rows(f"SELECT number FROM {table} ORDER BY number") == ["1", "2"]


def test_parameters_and_settings_in_the_statement_apply(server: EmbeddedServer, table: str) -> None:
    values = f"INSERT INTO {table} (number, text) VALUES ({{n:UInt64}}, {{t:String}})"
    assert _insert(server, "", values.encode(), param_n=1, param_t="one").status == 200
    named = "INSERT INTO {name:Identifier} (number) SETTINGS insert_deduplicate = 0 FORMAT CSV"
    assert _insert(server, named, b"2\n", param_name=table).status == 200
    assert server.rows(f"SELECT number, text FROM {table} ORDER BY number") == ["1\tone", "2\t"]


@pytest.mark.parametrize(
    ("query", "data", "code"),
    [
        pytest.param("INSERT INTO {t} FORMAT CSV", b"x,y,0\n", "27", id="a text instead of a number"),
        pytest.param("INSERT INTO {t} FORMAT Native", b"garbage", "33", id="bytes that are not a block"),
        pytest.param("INSERT INTO {t} FORMAT Arrow", b"", "33", id="not Arrow"),
        pytest.param("INSERT INTO {t} FORMAT NoSuch", b"", "73", id="an unknown format"),
        pytest.param("INSERT INTO {t} (no_such) FORMAT CSV", b"1\n", "16", id="an unknown column"),
        pytest.param("INSERT INTO no_such FORMAT CSV", b"1\n", "60", id="an unknown table"),
        pytest.param("INSERT INTO {t} FORMAT", b"", "62", id="a format without a name"),
        pytest.param("INSERT INTO {t} (number) VALUES (1); SELECT 1", b"", "62", id="a second statement"),
        pytest.param("INSERT INTO {t} FROM INFILE '/etc/hostname' FORMAT CSV", b"", "497", id="a file of the server"),
    ],
)
def test_a_wrong_insert_gets_clickhouses_code(
    server: EmbeddedServer, table: str, query: str, data: bytes, code: str
) -> None:
    answer = _insert(server, query.format(t=table), data)
    assert answer.headers["X-ClickHouse-Exception-Code"] == code, answer.text
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")
    assert server.rows(f"SELECT count() FROM {table}") == ["0"]
