"""Statements of a hostile reader are refused, or return nothing that they should not (attacks.yaml)."""

import os
from pathlib import Path

import pytest
import yaml

from tests.support.stack.embedded_server import DATABASE, EmbeddedServer

ATTACKS: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("attacks.yaml").read_text())
SECRET = "root:x:0"
SOME_DATA = "a secret that only the writer may read"
# Other errors: an unknown user, table or function, a text that is not a statement, a constant setting.
REFUSED = {"36", "46", "47", "48", "60", "62", "80", "81", "115", "164", "170", "180", "452", "497", "511"}


@pytest.fixture(scope="module")
def hostile(with_schema: EmbeddedServer) -> EmbeddedServer:
    with_schema.rows(f"INSERT INTO dead_letter_records (origin_topic, raw) VALUES ('t', '{SOME_DATA}')")
    return with_schema


@pytest.mark.parametrize("kind", ATTACKS)
def test_a_hostile_reader_is_refused(hostile: EmbeddedServer, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    data = next(path for path in hostile.log.parent.rglob("*.bin") if "clickhouse" in path.parts)
    answered = {}
    for attack in ATTACKS[kind]:
        text = attack.replace("{file}", "/etc/passwd").replace("{data}", str(data)).replace("{out}", str(out))
        answer = hostile.ask(text, user="reader", database=DATABASE)
        code = answer.headers.get("X-ClickHouse-Exception-Code")
        if code not in REFUSED or SECRET in answer.text or SOME_DATA.encode() in answer.body:
            answered[attack] = f"{code}: {answer.text[:200]}"
    assert answered == {}
    assert not out.exists()


@pytest.mark.parametrize(
    "parameters",
    [{"f": "file"}, {"f": "`file`"}, {"f": "FILE"}, {"f": "'f\\x69le'"}],
    ids=str,
)  # fmt: skip
def test_a_name_in_a_parameter_is_checked_too(hostile: EmbeddedServer, parameters: dict[str, str]) -> None:
    settings = {f"param_{name}": value for name, value in parameters.items()}
    answer = hostile.ask("SELECT arrayMap({f:Identifier}, ['/etc/passwd'])", user="reader", settings=settings)
    assert answer.headers["X-ClickHouse-Exception-Code"] in REFUSED, answer.text
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("database", "settings"),
    [
        ("system", {}),
        (DATABASE, {"database": "system"}),
        (DATABASE, {"format_template_row": "/etc/passwd"}),
        (DATABASE, {"format_schema": "/etc/passwd:A"}),
        (DATABASE, {"dialect": "kusto"}),
        (DATABASE, {"enable_analyzer": "0"}),
        (DATABASE, {"implicit_select": "1"}),
        (DATABASE, {"max_concurrent_queries_for_user": "0"}),
        (DATABASE, {"profile": "default"}),
    ],
    ids=str,
)
def test_the_url_lifts_no_limit(hostile: EmbeddedServer, database: str, settings: dict[str, object]) -> None:
    answer = hostile.ask("SELECT query FROM processes", user="reader", settings={"database": database, **settings})
    assert answer.headers["X-ClickHouse-Exception-Code"] in REFUSED, answer.text


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO {t} (text) VALUES (file('/etc/passwd'))",
        "INSERT INTO {t} (text) VALUES ('x'), (`f\\x69le`('/etc/passwd'))",
        "INSERT INTO {t} (text) VALUES (arrayMap(file, ['/etc/passwd'])[1])",
        "INSERT INTO {t} (text) SETTINGS input_format_values_interpret_expressions = 1 VALUES (file('/etc/passwd'))",
        "INSERT INTO {t} (text) SELECT file('/etc/passwd')",
        "INSERT INTO {t} (text) SELECT * APPLY(file) FROM (SELECT '/etc/passwd')",
        "INSERT INTO {t} (text) SELECT * FROM input('a String') FORMAT CSV\n1",
        "INSERT INTO {t} (text) FROM INFILE '/etc/passwd' FORMAT LineAsString",
        "INSERT INTO {t} (number) VALUES (1); DROP TABLE {t}",
        "INSERT INTO {t} (number) VALUES (1); garbage",
        "INSERT INTO {t} (number) SELECT 1; DROP TABLE {t}",
        "INSERT INTO {t} (number) SETTINGS async_insert = 0; DROP TABLE {t}; INSERT INTO {t} FORMAT CSV\n1",
        "INSERT INTO {t} (number) SELECT \u2018x\u2019; DROP TABLE {t}; INSERT INTO {t} FORMAT CSV\n1",
        "INSERT INTO FUNCTION file('/tmp/x', 'CSV', 'a String') FORMAT CSV\n1",
        "INSERT INTO TABLE FUNCTION url('http://127.0.0.1:1/', 'CSV', 'a String') VALUES ('a')",
        "CREATE TABLE another (a String) ENGINE = File(CSV, '/etc/passwd')",
        "CREATE TABLE another (a String) ENGINE = URL('http://127.0.0.1:1/', 'CSV')",
        "CREATE TABLE another AS file('/etc/passwd', 'LineAsString', 'a String')",
        "CREATE DATABASE convostream_another ENGINE = Filesystem('/')",
        "CREATE VIEW another AS SELECT file('/etc/passwd') AS a",
        "ALTER TABLE {t} UPDATE text = file('/etc/passwd') WHERE 1",
        "SELECT * FROM python('os')",
        "SELECT 1 INTO OUTFILE '{out}'",
        "DELETE FROM {t} WHERE 1 INTO OUTFILE '{out}'",
        "INSERT INTO {t} (number) SELECT 1 INTO OUTFILE '{out}'",
        "INSERT INTO {t} (number) VALUES (1) INTO OUTFILE '{out}'",
        "CREATE VIEW another AS SELECT 1 INTO OUTFILE '{out}'",
        "OPTIMIZE TABLE {t} INTO OUTFILE '{out}' SETTINGS mutations_sync = 1",
        "BACKUP TABLE {t} TO File('/tmp/x')",
        "KILL QUERY WHERE 1",
    ],
)  # fmt: skip
def test_the_writer_owns_the_database_and_nothing_else(
    hostile: EmbeddedServer, table: str, tmp_path: Path, statement: str
) -> None:
    text = statement.replace("{t}", table).replace("{out}", str(tmp_path / "out"))
    answer = hostile.ask(text, database=DATABASE)
    assert answer.headers["X-ClickHouse-Exception-Code"] in REFUSED, answer.text
    assert hostile.rows(f"SELECT count() FROM {table}") == ["0"]
    assert list(tmp_path.iterdir()) == []


def test_the_file_that_the_attacks_read_exists() -> None:
    assert SECRET in Path("/etc/passwd").read_text()
    assert os.access("/etc/passwd", os.R_OK)
