"""The writer and the reader may do what deploy/clickhouse says, and nothing else."""

import pytest

from tests.support.stack.embedded_server import DATABASE, EmbeddedServer

# The codes of the attacks that attacks.yaml has in all spellings.
FORBIDDEN = {
    "SELECT count() FROM {t}": 497,
    "INSERT INTO {t} (number) VALUES (1)": 497,
    "DROP TABLE {t}": 497,
    "SELECT file('/etc/passwd')": 497,
    "SELECT * FROM system.users": 497,
    "SELECT 1 SETTINGS max_execution_time = 1000": 452,
    "SELECT 1 SETTINGS profile = 'writer'": 452,
    "SELECT 1 SETTINGS readonly = 0": 164,
    "SELECT 1; SELECT 2": 62,
    "SELECT": 62,
    "SHOW TABLES WHERE 1": 48,
}


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_reader_may_not(server: EmbeddedServer, table: str, statement: str) -> None:
    answer = server.ask(statement.format(t=table), user="reader", database=DATABASE)
    assert answer.headers.get("X-ClickHouse-Exception-Code") == str(FORBIDDEN[statement]), answer.text


@pytest.mark.parametrize("setting", [{"max_execution_time": 66}, {"max_memory_usage": 0}, {"profile": "writer"}])
def test_the_reader_cannot_raise_its_limits(server: EmbeddedServer, setting: dict[str, object]) -> None:
    assert server.ask("SELECT 1", user="reader", settings=setting).headers["X-ClickHouse-Exception-Code"] == "452"


def test_the_reader_cannot_leave_its_read_only_mode(server: EmbeddedServer) -> None:
    assert server.ask("SELECT 1", user="reader", readonly=0).headers["X-ClickHouse-Exception-Code"] == "164"


def test_a_role_or_a_setting_ends_with_its_request(server: EmbeddedServer, table: str) -> None:
    server.ask("SET ROLE writer", user="reader", session_id="one")
    server.ask("SET profile = 'writer'", user="reader", session_id="one")
    answer = server.ask(f"INSERT INTO {table} (number) VALUES (1)", user="reader", database=DATABASE, session_id="one")
    assert answer.headers["X-ClickHouse-Exception-Code"] == "497"


def test_time_is_limited_on_the_server(server: EmbeddedServer) -> None:
    answer = server.ask("SELECT count() FROM numbers(1000000000000)", user="reader", max_execution_time=1)
    assert (answer.status, answer.headers["X-ClickHouse-Exception-Code"]) == (408, "159")


def test_memory_is_limited_on_the_server(server: EmbeddedServer) -> None:
    answer = server.ask("SELECT groupArray(number) FROM numbers(100000000)", user="reader", max_memory_usage=10_000_000)
    assert answer.headers["X-ClickHouse-Exception-Code"] == "241"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count() FROM events",
        "SELECT count() FROM (SELECT * FROM conversations) WHERE agent_id = 'none'",
        "SELECT count() FROM total_messages(agent_id='a', environment='b', since='2026-01-01 00:00:00', "
        "until='2026-02-01 00:00:00', time_zone='Europe/Zagreb')",
        "SELECT count(), max(reason_code) FROM dead_letters",
        "SELECT count(), any(mapKeys(differences)), any(mapValues(differences)), any(since IS NULL) FROM audits",
        "SELECT sum(length(reason)), countIf(reason = ''), max(reason_code) FROM dead_letters",
        "SELECT sum(length(differences)) FROM audits",
        "SELECT max(last) FROM ranges",
        "SELECT length(name) > 0 FROM system.tables WHERE database = 'convostream' LIMIT 1",
        "SELECT sum(number) FROM numbers(10) SETTINGS max_threads = 1, max_execution_time = 60 FORMAT JSON",
        "WITH 1 AS a SELECT a UNION ALL SELECT 2 SETTINGS max_threads = 1",
        "(SELECT 1) INTERSECT (SELECT 1)",
        "FROM numbers(3) SELECT * APPLY(toString) -- a comment",
        "SELECT arrayMap(x -> upper(x), ['a'])[1], quantile(0.5)(number), 'file(1)' FROM numbers(3);",
        "SHOW TABLES",
        "SHOW TABLES LIKE 'e%' LIMIT 1",
        "SHOW DATABASES",
        "SHOW COLUMNS FROM events",
        "SHOW CREATE TABLE events",
        "DESCRIBE TABLE events",
        "DESC convostream.dead_letters",
        "DESCRIBE (SELECT 1 AS a) FORMAT JSONEachRow",
        "EXISTS TABLE events",
        "EXISTS VIEW total_messages",
        "EXPLAIN SELECT count() FROM events",
        "EXPLAIN indexes = 1 SELECT count() FROM events WHERE agent_id = 'a' FORMAT TSVRaw",
        "EXPLAIN PIPELINE SELECT 1",
        "EXPLAIN SYNTAX SELECT 1",
    ],
)
def test_the_reader_may(with_schema: EmbeddedServer, statement: str) -> None:
    assert with_schema.rows(statement, user="reader") != []


def test_an_error_names_the_user_of_the_request(server: EmbeddedServer, table: str) -> None:
    text = server.ask(f"DROP TABLE {table}", user="reader", database=DATABASE).text
    assert text.startswith("Code: 497. DB::Exception: reader: Not enough privileges.")


def test_the_writer_cannot_reach_other_databases(server: EmbeddedServer) -> None:
    assert server.ask("CREATE DATABASE another").headers["X-ClickHouse-Exception-Code"] == "497"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no user"),
        pytest.param({"Authorization": "Basic d3JpdGVyOndyb25n"}, id="a wrong password"),
        pytest.param({"Authorization": "Basic ???"}, id="a broken header"),
        pytest.param({"X-ClickHouse-User": "writer", "X-ClickHouse-Key": ""}, id="an empty password"),
        pytest.param({"X-ClickHouse-User": "default"}, id="the engine's own user"),
    ],
)
def test_an_unknown_user_is_refused(server: EmbeddedServer, headers: dict[str, str]) -> None:
    answer = server.ask("SELECT 1", user=None, headers=headers)
    assert (answer.status, answer.headers["X-ClickHouse-Exception-Code"]) == (403, "516")


def test_a_user_may_be_named_in_headers_or_in_the_url(server: EmbeddedServer) -> None:
    headers = {"X-ClickHouse-User": "reader", "X-ClickHouse-Key": "reader:own"}
    assert server.ask("SELECT 1", user=None, headers=headers).text == "1"
    assert server.ask("SELECT 1", user=None, settings={"user": "reader", "password": "reader:own"}).text == "1"
