"""A query text is split before inline data and around the format of its result; the engine decides the rest."""

import time

import pytest

from deploy.embedded.clickhouse.access.statements import MAX_TEXT_BYTES, InlineInsert, Query, read_statement, tokens
from deploy.embedded.errors import ClickHouseError

BINARY = bytes(range(256)) + b"\n\n;'\"`/*"


def _inline(query: bytes) -> InlineInsert:
    statement = read_statement(query)
    assert isinstance(statement, InlineInsert)
    return statement


def _query(query: bytes) -> Query:
    statement = read_statement(query)
    assert isinstance(statement, Query)
    return statement


def test_comments_and_white_space_are_no_tokens() -> None:
    query = b"SELECT -- one\n 1 /* two; */ # three\n , 'it''s \\' -- no' , `a``b` , $x$;$x$"
    assert [token.text for token in tokens(query)] == [
        b"SELECT", b"1", b",", b"'it''s \\' -- no'", b",", b"`a``b`", b",", b"$x$;$x$",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "target"),
    [
        pytest.param(b"INSERT INTO t FORMAT Native\n", b"INSERT INTO t ", id="a table alone"),
        pytest.param(b"insert into t(a, `FORMAT`) format Native\n", b"insert into t(a, `FORMAT`) ", id="columns"),
        pytest.param(
            b"-- c\nINSERT INTO d.t FORMAT Native \t\r\n", b"-- c\nINSERT INTO d.t ", id="a comment, a database"
        ),
        pytest.param(b"INSERT INTO t FORMAT Native ", b"INSERT INTO t ", id="data on the same line"),
    ],
)
def test_data_begin_after_the_line_of_the_format(query: bytes, target: bytes) -> None:
    insert = _inline(query + BINARY)
    assert (insert.target, insert.settings, insert.data_format) == (target, b"", "Native")
    assert bytes(insert.data) == BINARY


def test_settings_of_an_insert_are_separate() -> None:
    insert = _inline(b"INSERT INTO t (a) SETTINGS async_insert = 0, x = 'FORMAT' FORMAT CSV\n1")
    assert (insert.target, insert.settings) == (b"INSERT INTO t (a) ", b"SETTINGS async_insert = 0, x = 'FORMAT' ")
    assert insert.from_file("/f") == (
        b"INSERT INTO t (a)  FROM INFILE '/f' SETTINGS async_insert = 0, x = 'FORMAT'  FORMAT CSV"
    )


def test_values_are_data() -> None:
    insert = _inline(b"INSERT INTO t (a, b) VALUES (1, ';'), (2, 'VALUES');\n")
    assert (insert.target, insert.data_format) == (b"INSERT INTO t (a, b) ", "Values")
    assert bytes(insert.data) == b" (1, ';'), (2, 'VALUES');\n"


def test_an_insert_from_a_select_has_no_data() -> None:
    text = b"INSERT INTO t SELECT a, 'FORMAT CSV' FROM s"
    assert _query(text) == Query(text, None)


@pytest.mark.parametrize(
    ("query", "output_format"),
    [
        pytest.param(b"SELECT 1", None, id="none"),
        pytest.param(b"SELECT 1 FORMAT JSON", "JSON", id="at the end"),
        pytest.param(b"SELECT 1\nformat CSV;", "CSV", id="before a semicolon"),
        pytest.param(b"SELECT 1 FORMAT TSV SETTINGS max_threads = 1", "TSV", id="before settings"),
        pytest.param(b"SELECT 1 AS format FROM t", None, id="a column of that name"),
        pytest.param(b"SELECT 'FORMAT CSV'", None, id="in a string"),
        pytest.param(b"SELECT 1 -- FORMAT CSV", None, id="in a comment"),
    ],
)
def test_the_format_of_a_result_is_found(query: bytes, output_format: str | None) -> None:
    assert _query(query).output_format == output_format


def test_the_format_is_removed_from_the_text() -> None:
    assert _query(b"SELECT 1 FORMAT TSV SETTINGS max_threads = 1").text == b"SELECT 1  SETTINGS max_threads = 1"
    assert _query(b"SELECT 1 FORMAT TSV;").text == b"SELECT 1 ;"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param(b"", 62, id="nothing"),
        pytest.param(b"  /* nothing */ -- at all", 62, id="comments alone"),
        pytest.param(b"INSERT INTO t FORMAT", 62, id="a format without a name"),
        pytest.param(b"INSERT INTO t VALUES (1); SELECT 2", 62, id="a statement after values"),
        pytest.param(b"SELECT 1" + b" " * MAX_TEXT_BYTES, 62, id="a text that is too long"),
    ],
)
def test_what_the_http_interface_refuses_is_refused(query: bytes, code: int) -> None:
    with pytest.raises(ClickHouseError) as refused:
        read_statement(query)
    assert refused.value.code == code


@pytest.mark.parametrize("part", [b"/*", b"\\'", b"'\\", b"$a$", b"`\\", b"''", b"$", b"--"], ids=repr)
def test_the_cost_is_linear_in_the_length_of_the_text(part: bytes) -> None:
    began = time.process_time()
    list(tokens(b"SELECT " + part * (500_000 // len(part))))
    assert time.process_time() - began < 5
