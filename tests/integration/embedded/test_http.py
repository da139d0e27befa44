"""The server implements ClickHouse's HTTP interface as curl uses it."""

import gzip
import json
import shutil
import subprocess
import zlib
from collections.abc import Callable

import lz4.frame
import pytest
import zstandard

from tests.support.stack.embedded_server import DATABASE, PASSWORDS, EmbeddedServer

UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "lz4": lambda data: bytes(lz4.frame.decompress(data)),
    "zstd": lambda data: zstandard.ZstdDecompressor().stream_reader(data).read(),
}


@pytest.mark.parametrize("path", ["/ping", "/", "/replicas_status"])
def test_ping_needs_no_password(server: EmbeddedServer, path: str) -> None:
    answer = server.ask(user=None, method="GET", path=path)
    assert (answer.status, answer.text) == (200, "Ok.")


def test_a_query_is_in_the_url_or_the_body_or_split_over_both(
    server: EmbeddedServer,
) -> None:
    assert server.ask(query="SELECT 1").text == "1"
    assert server.ask(method="GET", query="SELECT 1").text == "1"
    assert server.ask("SELECT 1").text == "1"
    assert server.ask("FROM numbers(2)", query="SELECT number").text == "0\n1"


def test_a_url_may_be_as_long_as_on_a_clickhouse_server(server: EmbeddedServer) -> None:
    assert server.ask(query=f"SELECT length('{'x' * 500_000}')", max_query_size=1_000_000).text == "500000"


def test_get_only_reads(server: EmbeddedServer, table: str) -> None:
    answer = server.ask(method="GET", query=f"INSERT INTO {table} (number) SELECT 1", database=DATABASE)
    assert answer.headers["X-ClickHouse-Exception-Code"] == "164"


@pytest.mark.parametrize("size", [10, 300_000], ids=["a small response", "a streamed response"])
@pytest.mark.parametrize("encoding", UNPACK)
def test_a_response_is_compressed_on_request(server: EmbeddedServer, encoding: str, size: int) -> None:
    query = f"SELECT number FROM numbers({size}) FORMAT CSV"
    headers = {"Accept-Encoding": f"br, {encoding};q=0.9"}
    packed = server.ask(query, headers=headers, enable_http_compression=1)
    assert packed.headers["Content-Encoding"] == encoding
    assert UNPACK[encoding](packed.body) == server.ask(query, headers=headers).body


@pytest.mark.parametrize("encoding", UNPACK)
def test_a_body_with_a_wrong_encoding_is_refused(server: EmbeddedServer, encoding: str) -> None:
    answer = server.ask(b"SELECT 1", headers={"Content-Encoding": encoding})
    assert answer.headers["X-ClickHouse-Exception-Code"] == "271"


def test_the_format_comes_from_the_query_the_header_or_the_url(server: EmbeddedServer) -> None:
    headers = {"X-ClickHouse-Format": "JSONEachRow"}
    assert server.ask("SELECT 1 AS a FORMAT CSV", headers=headers).text == "1"
    assert server.ask("SELECT 1 AS a", headers=headers).text == '{"a":1}'
    answer = server.ask("SELECT 1 AS a", default_format="JSONCompact")
    assert json.loads(answer.body)["data"] == [[1]]
    assert answer.headers["X-ClickHouse-Format"] == "JSONCompact"
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"


def test_the_headers_have_a_summary(server: EmbeddedServer, table: str) -> None:
    answer = server.ask(
        f"INSERT INTO {table} (number) SELECT number FROM numbers(3)", database=DATABASE, query_id="q-1"
    )
    assert answer.headers["X-ClickHouse-Query-Id"] == "q-1"
    assert answer.headers["X-ClickHouse-Timezone"] == "UTC"
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["written_rows"] == "3"
    assert "X-ClickHouse-Format" not in answer.headers
    read = server.ask(f"SELECT * FROM {table}", database=DATABASE, wait_end_of_query=1)
    assert json.loads(read.headers["X-ClickHouse-Summary"])["read_rows"] == "3"


def test_a_form_contains_query_and_parameters(server: EmbeddedServer) -> None:
    fields = {"query": "SELECT {text:String}", "param_text": "it''s \\t"}
    boundary = "----parts"
    body = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    assert server.ask(f"{body}--{boundary}--\r\n", headers=headers).text == "it\\'\\'s \\t"


def test_the_body_of_a_plain_form_is_the_query(server: EmbeddedServer) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert server.ask("SELECT 'a=b&c'", headers=headers).text == "a=b&c"


def test_a_session_id_is_accepted(server: EmbeddedServer) -> None:
    assert server.ask("SELECT 1", session_id="some", session_timeout=60).text == "1"


@pytest.mark.parametrize(
    ("query", "parameters", "code", "status"),
    [
        pytest.param("SELEC 1", {}, 62, 400, id="an invalid statement"),
        pytest.param("", {}, 62, 400, id="not a statement"),
        pytest.param("-- nothing", {}, 62, 400, id="only a comment"),
        pytest.param("SELECT 1; SELECT 2", {}, 62, 400, id="two statements"),
        pytest.param("SELECT * FROM convostream.no_such", {}, 60, 404, id="an unknown table"),
        pytest.param("SELECT no_such", {}, 47, 404, id="an unknown column"),
        pytest.param("SELECT no_such()", {}, 46, 404, id="an unknown function"),
        pytest.param("SELECT 1 FORMAT NoSuch", {}, 73, 404, id="an unknown format"),
        pytest.param("SELECT 1", {"database": "no_such"}, 81, 404, id="an unknown database"),
        pytest.param("SELECT 1", {"no_such": 1}, 115, 404, id="an unknown setting"),
        pytest.param("SELECT {a:Int8}", {}, 456, 500, id="a missing parameter"),
        pytest.param("SELECT {a:Int8}", {"param_a": "x"}, 457, 500, id="a parameter of another type"),
        pytest.param("SELECT throwIf(1)", {}, 395, 500, id="an exception in the query"),
        pytest.param("SELECT 1", {"compress": 1}, 48, 501, id="ClickHouse's block compression"),
    ],
)
def test_wrong_input_gets_clickhouses_text_and_code(
    server: EmbeddedServer, query: str, parameters: dict[str, object], code: int, status: int
) -> None:
    answer = server.ask(query, settings=parameters)
    assert (answer.status, answer.headers["X-ClickHouse-Exception-Code"]) == (status, str(code)), answer.text
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")
    assert answer.text.count("Code: ") == 1
    assert answer.text.endswith(f"(version {server.ask('SELECT version()').text})")


def test_an_exception_inside_a_response_is_framed(server: EmbeddedServer) -> None:
    answer = server.ask("SELECT number, throwIf(number = 900000, 'too far') FROM numbers(1000000)")
    tag = answer.headers["X-ClickHouse-Exception-Tag"].encode()
    head, _, frame = answer.body.partition(b"\r\n__exception__\r\n" + tag + b"\r\n")
    message, _, rest = frame.rpartition(b"\n")[0].rpartition(b"\n")[0].rpartition(b"\n")
    assert head.startswith(b"0\t0\n1\t0\n")
    assert message.startswith(b"Code: 395. DB::Exception: too far")
    assert rest == str(len(message) + 1).encode() + b" " + tag + b"\r"


def test_waiting_for_the_end_turns_a_late_exception_into_a_status(server: EmbeddedServer) -> None:
    answer = server.ask("SELECT throwIf(number = 900000) FROM numbers(1000000)", wait_end_of_query=1)
    assert (answer.status, answer.headers["X-ClickHouse-Exception-Code"]) == (500, "395")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_queries_and_inserts(server: EmbeddedServer, table: str) -> None:
    url = f"http://127.0.0.1:{server.port}/?database={DATABASE}"
    command = ["curl", "-sS", "--fail-with-body", "-u", f"writer:{PASSWORDS['writer']}", url]
    rows = "".join(f"{number}\tsome text\n" for number in range(200_000))
    query = f"INSERT INTO {table} (number, text) FORMAT TSV\n{rows}"
    subprocess.run([*command, "--data-binary", "@-"], input=query.encode(), check=True)
    read = subprocess.run([*command, "--data", f"SELECT count() FROM {table}"], check=True, capture_output=True)
    assert read.stdout == b"200000\n"
