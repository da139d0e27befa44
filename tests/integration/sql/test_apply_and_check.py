"""`python -m sql apply` and `check` on a real engine."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from sql.connection import Database, connect, parse_address
from sql.differences import find_differences
from sql.errors import TableInTheWay
from sql.objects import schema_objects
from sql.retention import Retention
from sql.schema import apply_schema
from tests.integration.sql.clickhouse import ClickHouse, run_sql

pytestmark = pytest.mark.integration

FOREVER = Retention()
STATE = "SELECT name, uuid, create_table_query FROM system.tables WHERE database = {database:String} ORDER BY name"
COLUMN_TTL = "`{column}` String COMMENT '{comment}' TTL toDateTime(received_at) + toIntervalMonth({months})"


@pytest.fixture
def database(clickhouse: ClickHouse) -> Iterator[Database]:
    database = connect(parse_address(clickhouse.url(f"convostream_{uuid4().hex}")))
    apply_schema(database, FOREVER)
    yield database
    database.drop()


def state(database: Database) -> list[tuple[object, ...]]:
    return [tuple(row) for row in database.rows(STATE, {"database": database.name})]


def texts(database: Database, retention: Retention = FOREVER) -> list[str]:
    return [f"{difference.name}: {difference.text}" for difference in find_differences(database, retention)]


def test_a_second_apply_changes_nothing(database: Database) -> None:
    before = state(database)
    assert apply_schema(database, FOREVER) == ()
    assert state(database) == before


def test_what_was_just_applied_does_not_differ(database: Database) -> None:
    assert texts(database) == []


def test_every_object_and_every_column_has_a_comment(database: Database) -> None:
    parameters: dict[str, object] = {"database": database.name}
    objects = database.rows(
        "SELECT name FROM system.tables WHERE database = {database:String} AND comment = ''", parameters
    )
    columns = database.rows(
        "SELECT table, name FROM system.columns WHERE database = {database:String} AND comment = '' "
        "AND table IN (SELECT name FROM system.tables WHERE database = {database:String} AND engine LIKE '%MergeTree' "
        "OR engine = 'Null' OR name IN ('conversations', 'sessions', 'exchanges', 'dead_letters'))",
        parameters,
    )
    assert (list(objects), list(columns)) == ([], [])


def test_apply_brings_back_what_is_missing_and_replaces_views_that_differ(database: Database) -> None:
    database.run("DROP VIEW sources")
    database.run("CREATE OR REPLACE VIEW languages AS SELECT 1 AS language")
    changes = {(change.name, change.action) for change in apply_schema(database, FOREVER)}
    assert changes == {("sources", "created"), ("languages", "replaced")}
    assert texts(database) == []


def test_a_view_never_takes_the_place_of_a_table(database: Database) -> None:
    database.run("DROP VIEW dead_letters")
    database.run("CREATE TABLE dead_letters (raw String) ENGINE = MergeTree ORDER BY raw")
    database.run("INSERT INTO dead_letters VALUES ('kept')")
    with pytest.raises(TableInTheWay, match="dead_letters is a table"):
        apply_schema(database, FOREVER)
    assert [tuple(row) for row in database.rows(f"SELECT raw FROM {database.name}.dead_letters", {})] == [("kept",)]


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("DROP VIEW sources", "sources: missing; `python -m sql apply` creates it"),
        ("CREATE TABLE notes (a UInt8) ENGINE = Memory", "notes: extra; no file describes it"),
        ("ALTER TABLE events ADD COLUMN mood String COMMENT 'x'", "events: column mood: extra; no file describes it"),
        ("ALTER TABLE events DROP COLUMN label", "events: column label: missing"),
        (
            "ALTER TABLE dead_letter_records MODIFY COLUMN has_value UInt16",
            "dead_letter_records: type of column has_value: files say 'UInt8', the database says 'UInt16'",
        ),
        (
            "ALTER TABLE owners MODIFY COLUMN released DEFAULT 1",
            "owners: default of column released: files say 'DEFAULT 0'",
        ),
        ("ALTER TABLE owners COMMENT COLUMN topic 'x'", "owners: comment of column topic: files say 'Kafka topic'"),
        ("ALTER TABLE owners MODIFY COMMENT 'x'", "owners: comment: files say 'Claims of partitions"),
        ("ALTER TABLE activity MODIFY SETTING merge_max_block_size = 1024", "activity: storage: files say"),
        ("ALTER TABLE events DROP INDEX conversation_hash_filter", "events: definition: files say"),
        ("ALTER TABLE events_mv MODIFY QUERY SELECT * FROM admitted", "events_mv: query: files say"),
        ("CREATE OR REPLACE VIEW languages AS SELECT 1 AS language", "languages: query: files say"),
    ],
    ids=lambda value: value if value[0].isupper() else "",
)
def test_check_names_each_thing_that_differs(database: Database, statement: str, text: str) -> None:
    database.run(statement)
    assert any(line.startswith(text) for line in texts(database)), texts(database)


def test_content_and_dead_letters_expire_by_setting(database: Database) -> None:
    retention = Retention(content_months=3, dead_letter_days=9)
    assert [change.name for change in apply_schema(database, retention)] == ["events", "dead_letter_records"]
    assert apply_schema(database, retention) == ()
    assert texts(database, retention) == []
    definitions = {str(name): str(text) for name, _, text in state(database)}
    assert definitions["events"].count("toIntervalMonth(3)") == 12
    assert COLUMN_TTL.format(column="comment", comment="feedback: as sent", months=3) in definitions["events"]
    assert (
        "TTL toDateTime(written_at) + toIntervalDay(9) WHERE status = 'refused'" in definitions["dead_letter_records"]
    )


def test_a_retention_that_differs_is_named_by_check(database: Database) -> None:
    assert [line.split(":")[0] for line in texts(database, Retention(1, 1))] == ["dead_letter_records", "events"]


def test_a_retention_can_be_changed_and_taken_away(database: Database) -> None:
    before = [text for *_, text in state(database)]
    for retention in (Retention(3, 9), Retention(4, 10), FOREVER):
        apply_schema(database, retention)
        assert texts(database, retention) == []
    assert [text for *_, text in state(database)] == before


def test_old_content_expires_and_what_is_derived_stays(database: Database) -> None:
    database.run(
        "INSERT INTO events (agent_id, type, content, customer, country_code, occurred_at, received_at) "
        "VALUES ('a', 'message', 'hello', 'anna', 'HR', now() - INTERVAL 5 MONTH, now() - INTERVAL 5 MONTH), "
        "('a', 'message', 'hi', 'ben', 'HR', now(), now())"
    )
    apply_schema(database, Retention(content_months=3))
    database.run("ALTER TABLE events MATERIALIZE TTL SETTINGS mutations_sync = 2")
    database.run("OPTIMIZE TABLE events FINAL")
    rows = database.rows(f"SELECT content, customer, country_code FROM {database.name}.events ORDER BY customer", {})
    assert [tuple(row) for row in rows] == [("", "anna", "HR"), ("hi", "ben", "HR")]


def test_the_commands_say_what_they_did(clickhouse: ClickHouse) -> None:
    url = clickhouse.url(f"convostream_{uuid4().hex}")
    assert f": {len(schema_objects())} changes" in run_sql("apply", url).stdout
    assert run_sql("apply", url).stdout.endswith(": no changes\n")
    assert run_sql("check", url).stdout.endswith(" is what the files say\n")
    connect(parse_address(url)).drop()


def test_check_ends_with_an_error_when_something_differs(clickhouse: ClickHouse, database: Database) -> None:
    database.run("DROP VIEW sources")
    done = run_sql("check", clickhouse.url(database.name))
    assert (done.returncode, done.stdout.split(";")[0]) == (1, "sources: missing")


def test_check_leaves_no_database_behind(database: Database) -> None:
    names = "SELECT name FROM system.databases WHERE name LIKE {like:String}"
    assert texts(database) == []
    assert list(database.rows(names, {"like": f"{database.name}_check%"})) == []


def test_a_wrong_password_is_said_without_showing_it(clickhouse: ClickHouse) -> None:
    done = run_sql("apply", clickhouse.url().replace("writer-secret", "not-the-secret"))
    assert done.returncode == 1
    assert "does not let the user in" in done.stderr
    assert "not-the-secret" not in done.stderr


def test_the_reader_may_not_apply(clickhouse: ClickHouse) -> None:
    done = run_sql("apply", clickhouse.url(f"convostream_{uuid4().hex}", user="reader"))
    assert (done.returncode, "refused" in done.stderr) == (1, True)
