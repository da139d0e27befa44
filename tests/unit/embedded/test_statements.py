"""A query text is split where ClickHouse would split it, whatever stands in strings, names and comments."""

import pytest

from deploy.embedded.errors import ClickHouseError
from deploy.embedded.statements import InlineInsert, InputInsert, Query, read_statement, tokens

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
        pytest.param(b"INSERT INTO t FORMAT Native\n", "INSERT INTO t ", id="a table alone"),
        pytest.param(b"insert into t(a, `FORMAT`) format Native\n", "insert into t(a, `FORMAT`) ", id="columns"),
        pytest.param(
            b"-- c\nINSERT INTO d.t FORMAT Native \t\r\n", "-- c\nINSERT INTO d.t ", id="a comment, a database"
        ),
        pytest.param(b"INSERT INTO t FORMAT Native ", "INSERT INTO t ", id="data on the same line"),
    ],
)
def test_data_begin_after_the_line_of_the_format(query: bytes, target: str) -> None:
    insert = _inline(query + BINARY)
    assert (insert.target, insert.settings, insert.data_format) == (target, "", "Native")
    assert bytes(insert.data) == BINARY


def test_settings_of_an_insert_stand_apart() -> None:
    insert = _inline(b"INSERT INTO t (a) SETTINGS async_insert = 0, x = 'FORMAT' FORMAT CSV\n1")
    assert (insert.target, insert.settings) == ("INSERT INTO t (a) ", "SETTINGS async_insert = 0, x = 'FORMAT' ")


def test_values_are_data() -> None:
    insert = _inline(b"INSERT INTO t (a, b) VALUES (1, ';'), (2, 'VALUES');\n")
    assert (insert.target, insert.data_format) == ("INSERT INTO t (a, b) ", "Values")
    assert bytes(insert.data) == b" (1, ';'), (2, 'VALUES');\n"


def test_names_of_tables_are_parameters() -> None:
    insert = _inline(b"INSERT INTO {t:Identifier} FORMAT CSV\n1")
    assert insert.with_identifiers({"t": "odd`name"}) == "INSERT INTO `odd\\`name` "
    assert insert.with_identifiers({}) == "INSERT INTO {t:Identifier} "


def test_input_is_found_with_its_structure() -> None:
    query = b"INSERT INTO t SELECT a FROM input('a UInt8, b Enum(\\'x\\' = 1)') WHERE b = 'x' FORMAT CSV\n1,x\n"
    statement = read_statement(query)
    assert isinstance(statement, InputInsert)
    assert statement.before == "INSERT INTO t SELECT a FROM "
    assert statement.structure == "a UInt8, b Enum('x' = 1)"
    assert statement.after == " WHERE b = 'x' "
    assert (statement.data_format, bytes(statement.data)) == ("CSV", b"1,x\n")


def test_an_insert_from_a_select_has_no_data() -> None:
    text = b"INSERT INTO t SELECT a, 'FORMAT CSV' FROM s"
    assert _query(text) == Query(text, None, False)


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
def test_the_format_of_an_answer_is_found(query: bytes, output_format: str | None) -> None:
    assert _query(query).output_format == output_format


@pytest.mark.parametrize(
    ("query", "is_select"),
    [(b"SELECT 1", True), (b"((SELECT 1))", True), (b"with x as (select 1) select * from x", True),
     (b"FROM t SELECT a", True), (b"SHOW TABLES", False), (b"DESCRIBE t", False), (b"CREATE TABLE t AS s", False)],
)  # fmt: skip
def test_a_select_is_told_from_other_statements(query: bytes, is_select: bool) -> None:
    assert _query(query).is_select is is_select


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param(b"", 62, id="nothing"),
        pytest.param(b"  /* nothing */ -- at all", 62, id="comments alone"),
        pytest.param(b"INSERT INTO t FORMAT", 62, id="a format without a name"),
        pytest.param(b"INSERT INTO t VALUES (1); SELECT 2", 62, id="a statement after values"),
        pytest.param(b"INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV", 78, id="a file of the server"),
        pytest.param(b"SELECT 1 INTO OUTFILE '/tmp/x'", 358, id="a file to write"),
        pytest.param(b"SELECT file('/etc/passwd')", 497, id="the function file"),
        pytest.param(b"SELECT `file` ('/etc/passwd')", 497, id="the function file, quoted"),
    ],
)
def test_what_the_http_interface_refuses_is_refused(query: bytes, code: int) -> None:
    with pytest.raises(ClickHouseError) as refused:
        read_statement(query)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "query", [b"SELECT file FROM t", b"CREATE TABLE file (a Int8)", b"CREATE TABLE d.file (a Int8)", b"SELECT 'file('"]
)
def test_file_may_be_a_name(query: bytes) -> None:
    assert _query(query).text == query
