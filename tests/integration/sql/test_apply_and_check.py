"""`python -m sql apply` and `check` on a real engine."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from sql import SCHEMA_VERSION
from sql.address import parse_address
from sql.connection import Database, connect
from sql.differences import find_differences
from sql.errors import TableInTheWay
from sql.objects import schema_objects
from sql.retention import Retention
from sql.schema import apply_schema
from tests.support.sql.clickhouse import ClickHouse, run_sql

FOREVER = Retention()
STATE = "SELECT name, uuid, create_table_query FROM system.tables WHERE database = {database:String} ORDER BY name"
COLUMN_TTL = "`{column}` String COMMENT '{comment}' TTL received_at + toIntervalMonth({months})"
DEAD_LETTER_TTL = (
    "TTL written_at + toIntervalDay(9) WHERE status = 'refused',"
    " written_at + toIntervalMonth(3) WHERE status = 'refused'"
)


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


def test_a_second_apply_of_the_same_files_adds_no_version(database: Database) -> None:
    query = f"SELECT version, migration FROM {database.name}.schema_versions ORDER BY ALL"
    before = [tuple(row) for row in database.rows(query, {})]
    apply_schema(database, FOREVER)
    assert [tuple(row) for row in database.rows(query, {})] == before
    assert (SCHEMA_VERSION, "") in before


def test_an_applied_schema_has_no_differences(database: Database) -> None:
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


def test_apply_creates_missing_objects_and_replaces_different_views(database: Database) -> None:
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
        ("ALTER TABLE events_mv MODIFY QUERY SELECT * FROM inbox_accepted", "events_mv: query: files say"),
        ("CREATE OR REPLACE VIEW languages AS SELECT 1 AS language", "languages: query: files say"),
    ],
    ids=lambda value: value if value[0].isupper() else "",
)
def test_check_reports_each_difference(database: Database, statement: str, text: str) -> None:
    database.run(statement)
    assert any(line.startswith(text) for line in texts(database)), texts(database)


def test_apply_corrects_differences_that_affect_no_row(database: Database) -> None:
    for statement in (
        "ALTER TABLE owners COMMENT COLUMN topic 'x', MODIFY COMMENT 'x'",
        "ALTER TABLE owners MODIFY COLUMN released UInt8 FIRST",
        "ALTER TABLE activity MODIFY SETTING merge_max_block_size = 1024",
        "ALTER TABLE events DROP INDEX conversation_hash_filter",
        "ALTER TABLE events DROP PROJECTION calls",
        "ALTER TABLE events DROP COLUMN label",
        "ALTER TABLE audits MODIFY COLUMN touched CODEC(ZSTD(3))",
        "ALTER TABLE events_mv MODIFY QUERY SELECT * FROM inbox_accepted",
        "ALTER TABLE events_mv MODIFY COMMENT 'x'",
        "ALTER TABLE inbox ADD COLUMN note String",
        "ALTER TABLE inbox MODIFY COLUMN sign Array(Int64)",
        "ALTER TABLE inbox_accepted_mv MODIFY QUERY SELECT topic FROM inbox",
        "DROP VIEW activity_mv",
        "DROP VIEW session_facts_mv",
        "CREATE MATERIALIZED VIEW session_facts_mv TO activity AS SELECT partition AS quarter_hour FROM inbox_accepted",
    ):
        database.run(statement)
    apply_schema(database, FOREVER)
    assert texts(database) == []


@pytest.mark.parametrize(
    ("statements", "text"),
    [
        (
            ("ALTER TABLE events ADD COLUMN mood String",),
            "events: column mood: extra; no file describes it; if its values",
        ),
        (("ALTER TABLE owners MODIFY COLUMN layout UInt32",), "owners: type of column layout: files say 'UInt64'"),
        (("ALTER TABLE owners MODIFY COLUMN released DEFAULT 1",), "owners: default of column released: files say"),
        (
            ("DROP TABLE audits", "CREATE TABLE audits (a UInt8) ENGINE = MergeTree ORDER BY a"),
            "audits: ORDER BY: files say 'started_at', the database says 'a'; write a numbered migration",
        ),
        (("DROP TABLE audits", "CREATE VIEW audits AS SELECT 1"), "audits: is a view in the database and a table in"),
    ],
    ids=["an extra column", "a type", "a default", "a sorting key", "a view in a table's place"],
)
def test_apply_reports_what_it_cannot_change_and_changes_nothing(
    clickhouse: ClickHouse, database: Database, statements: tuple[str, ...], text: str
) -> None:
    for statement in (*statements, "DROP VIEW sources"):
        database.run(statement)
    before = state(database)
    done = run_sql("apply", clickhouse.url(database.name))
    assert (done.returncode, text in done.stderr) == (1, True), done.stderr
    assert state(database) == before


def test_a_column_that_joins_a_sorting_key_at_its_end_is_added_to_old_rows(database: Database) -> None:
    database.run("INSERT INTO conversation_facts (agent_id, name, sign) VALUES ('a', 'old', 1)")
    changed = {
        "    sign Int32": "    mood LowCardinality(String) COMMENT 'x',\n    sign Int32",
        "escalation_failed, name\n)": "escalation_failed, name, mood\n)",
    }
    objects = list(schema_objects())
    index = next(i for i, each in enumerate(objects) if each.name == "conversation_facts")
    for old, new in changed.items():
        objects[index] = replace(objects[index], ddl=objects[index].ddl.replace(old, new))
    assert [change.action for change in apply_schema(database, FOREVER, objects)] == ["added mood"]
    database.run(
        "INSERT INTO conversation_facts (agent_id, name, mood, sign) VALUES ('a', 'old', '', 1), ('a', 'old', 'm', 1)"
    )
    database.run("OPTIMIZE TABLE conversation_facts FINAL")
    rows = database.rows(f"SELECT name, mood, sign FROM {database.name}.conversation_facts ORDER BY mood", {})
    assert [tuple(row) for row in rows] == [("old", "", 2), ("old", "m", 1)]


def test_a_newer_database_is_refused(clickhouse: ClickHouse, database: Database) -> None:
    database.run(f"INSERT INTO schema_versions (version) VALUES ({SCHEMA_VERSION + 1})")
    database.run("DROP VIEW sources")
    before = state(database)
    done = run_sql("apply", clickhouse.url(database.name))
    assert (done.returncode, f"has version {SCHEMA_VERSION + 1} of the schema" in done.stderr) == (1, True)
    assert state(database) == before


def test_a_dry_run_prints_the_changes_and_makes_none(clickhouse: ClickHouse, database: Database) -> None:
    database.run("ALTER TABLE owners MODIFY COMMENT 'x'")
    database.run("DROP VIEW sources")
    before = state(database)
    done = run_sql("apply", clickhouse.url(database.name), "--dry-run")
    assert done.stdout.startswith("ALTER TABLE owners MODIFY COMMENT 'Claims of partitions")
    assert ("CREATE OR REPLACE VIEW sources" in done.stdout, done.returncode) == (True, 0)
    assert state(database) == before
    absent = clickhouse.url(f"convostream_{uuid4().hex}")
    assert run_sql("apply", absent, "--dry-run").stdout.count("CREATE ") == len(schema_objects())
    assert "differs" in run_sql("check", absent).stderr


def test_content_and_dead_letters_expire_by_setting(database: Database) -> None:
    retention = Retention(content_months=3, dead_letter_days=9)
    assert [change.name for change in apply_schema(database, retention)] == ["events", "dead_letter_records"]
    assert apply_schema(database, retention) == ()
    assert texts(database, retention) == []
    definitions = {str(name): str(text) for name, _, text in state(database)}
    assert definitions["events"].count("TTL received_at + toIntervalMonth(3)") == 16
    assert (
        COLUMN_TTL.format(column="comment", comment="feedback: by the content setting", months=3)
        in definitions["events"]
    )
    assert DEAD_LETTER_TTL in definitions["dead_letter_records"]


def test_check_reports_a_different_retention(database: Database) -> None:
    assert [line.split(":")[0] for line in texts(database, Retention(1, 1))] == ["dead_letter_records", "events"]


def test_a_retention_can_be_changed_and_removed(database: Database) -> None:
    before = [text for *_, text in state(database)]
    for retention in (Retention(3, 9), Retention(4, 10), FOREVER):
        apply_schema(database, retention)
        assert texts(database, retention) == []
    assert [text for *_, text in state(database)] == before


def test_old_content_expires_and_derived_columns_stay(database: Database) -> None:
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


def test_the_commands_report_their_changes(clickhouse: ClickHouse) -> None:
    url = clickhouse.url(f"convostream_{uuid4().hex}")
    assert f": {len(schema_objects())} changes" in run_sql("apply", url).stdout
    assert run_sql("apply", url).stdout.endswith(": no changes\n")
    assert run_sql("check", url).stdout.endswith(" is what the files say\n")
    connect(parse_address(url)).drop()


def test_check_exits_with_an_error_if_there_are_differences(clickhouse: ClickHouse, database: Database) -> None:
    database.run("DROP VIEW sources")
    done = run_sql("check", clickhouse.url(database.name))
    assert (done.returncode, done.stdout.split(";")[0]) == (1, "sources: missing")


def test_check_leaves_no_database_behind(database: Database) -> None:
    names = "SELECT name FROM system.databases WHERE name LIKE {like:String}"
    assert texts(database) == []
    assert list(database.rows(names, {"like": f"{database.name}_check%"})) == []


def test_a_wrong_password_is_reported_without_its_text(clickhouse: ClickHouse) -> None:
    done = run_sql("apply", clickhouse.url().replace("writer-secret", "not-the-secret"))
    assert done.returncode == 1
    assert "rejects the user" in done.stderr
    assert "not-the-secret" not in done.stderr


def test_the_reader_may_not_apply(clickhouse: ClickHouse) -> None:
    done = run_sql("apply", clickhouse.url(f"convostream_{uuid4().hex}", user="reader"))
    assert (done.returncode, "refused" in done.stderr) == (1, True)
