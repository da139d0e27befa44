"""A database of the first release, with rows of its worker, is upgraded; renames survive kills."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from clickhouse_connect import get_client
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from sql import SCHEMA_VERSION
from sql.address import parse_address
from sql.connection import Database, connect
from sql.description import describe
from sql.differences import compare
from sql.errors import SchemaDiffers
from sql.migrations import Migration, read_migrations
from sql.objects import NAMES, Kind, SchemaObject, schema_objects
from sql.retention import Retention
from sql.schema import apply_schema, describe_files
from sql.versions import migrations_done
from stream_processors.clickhouse.client import ClickHouse as Store
from stream_processors.clickhouse.schema_version import check_schema
from stream_processors.errors import SchemaMismatch
from tests.support.sql.agent import Agent
from tests.support.sql.clickhouse import ClickHouse, run_sql
from tests.support.sql.inbox_rows import OWNER, PARTITION, TOPIC
from tests.support.sql.released_schema import database_of_version

FOREVER = Retention()
RANGES = (
    ("1970-01-02 00:00:00", "2100-01-01 00:00:00", "UTC"),
    ("2026-12-01 00:07:00", "2026-12-02 00:00:00", "Europe/Zagreb"),
)
# What a next release might rename, in one migration.
RENAMES = """-- Other names.
ALTER TABLE events RENAME COLUMN IF EXISTS invalid_fields TO unread_fields;
RENAME TABLE IF EXISTS end_user_activity TO writing_customers;
DROP VIEW IF EXISTS end_user_activity_mv;
DROP VIEW IF EXISTS end_user_activity_in_range;
-- Another sorting key: the table is copied.
DROP TABLE IF EXISTS audits_new;
CREATE TABLE audits_new AS audits ENGINE = MergeTree ORDER BY (started_at, auditor_id) COMMENT 'x';
INSERT INTO audits_new SELECT * FROM audits;
EXCHANGE TABLES audits_new AND audits;
DROP TABLE audits_new;
"""
# The table and the views named after it; the kind in the inbox, which is quoted, keeps its name.
OLD_NAME, NEW_NAME = r"(?<!')end_user_activity", "writing_customers"
FOR_READERS = {
    "conversations": "*",
    "exchanges": "*",
    "dead_letters": "partition, offset, received_at, reason, reason_code, raw, key, headers, attempts",
    "ranges": "partition, log_epoch, first, last, rows, fold_version, last_record_hash, confirmed",
}
RENAMED = """
    SELECT count(), sum(cityHash64(event_id, {fields})),
        (SELECT (count(), sum(cityHash64(*))) FROM {db}.{table}), countIf(notEmpty({fields}))
    FROM {db}.events"""
NOON = 1_700_000_000_000


@pytest.fixture
def released(clickhouse: ClickHouse) -> Iterator[Database]:
    database = database_of_version(1, clickhouse, f"convostream_{uuid4().hex}")
    yield database
    database.drop()


@pytest.fixture
def migrations(tmp_path: Path) -> Sequence[Migration]:
    (tmp_path / "9001_rename.sql").write_text(RENAMES)
    return [*read_migrations(), *read_migrations(tmp_path)]


def renamed(schema_object: SchemaObject) -> SchemaObject:
    """Return the object as it is after the renames."""
    ddl = re.sub(OLD_NAME, NEW_NAME, schema_object.ddl).replace("invalid_fields", "unread_fields")
    if schema_object.name == "audits":
        ddl = ddl.replace("ORDER BY started_at", "ORDER BY (started_at, auditor_id)")
    return replace(schema_object, name=re.sub(OLD_NAME, NEW_NAME, schema_object.name), ddl=ddl)


def answers(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of every metric view and of every table and view for readers."""
    agents = database.rows(f"SELECT DISTINCT agent_id, environment FROM {database.name}.events ORDER BY ALL", {})
    found: dict[str, list[tuple[object, ...]]] = {}
    for name, columns in FOR_READERS.items():
        rows = database.rows(f"SELECT {columns} FROM {database.name}.{name} ORDER BY ALL", {})
        found[name] = [tuple(map(repr, row)) for row in rows]
    for name in NAMES[Kind.METRIC]:
        for (agent, environment), (since, until, zone) in ((a, r) for a in agents for r in RANGES):
            if name == "daily_overview" and since < "2000":
                continue
            query = (
                f"SELECT * FROM {database.name}.{name}(agent_id = {{agent:String}}, environment = {{env:String}},"
                f" since = '{since}', until = '{until}', time_zone = '{zone}')"
            )
            rows = database.rows(query, {"agent": agent, "env": environment})
            found[f"{name} {agent} {environment} {since}"] = [tuple(map(repr, row)) for row in rows]
    return found


def test_every_view_is_the_same_before_and_after_the_upgrade(clickhouse: ClickHouse, released: Database) -> None:
    before = answers(released)
    renamed_before = released.rows(RENAMED.format(fields="repaired", table="end_user_quarters", db=released.name), {})
    assert sum(map(len, before.values())) > 500
    assert all(renamed_before[0])
    assert run_sql("check", clickhouse.url(released.name)).returncode == 1
    applied = run_sql("apply", clickhouse.url(released.name))
    assert applied.returncode == 0, applied.stderr
    assert answers(released) == before
    renamed = RENAMED.format(fields="invalid_fields", table="end_user_activity", db=released.name)
    assert released.rows(renamed, {}) == renamed_before
    assert run_sql("check", clickhouse.url(released.name)).stdout.endswith(" is what the files say\n")
    assert run_sql("apply", clickhouse.url(released.name)).stdout.endswith(": no changes\n")


class Killed(Exception):
    """Stands for a killed process."""


class Mortal(Database):
    """A database whose program is killed before a chosen statement."""

    left = 0

    def run(self, statement: str, *, inside: bool = True) -> None:
        if "_check_" not in self.name:
            self.left -= 1
            if self.left < 0:
                raise Killed
        super().run(statement, inside=inside)


def test_renames_keep_every_row_wherever_apply_is_killed_and_no_insert_is_lost(
    clickhouse: ClickHouse, released: Database, migrations: Sequence[Migration]
) -> None:
    before, url = answers(released), clickhouse.url(released.name)
    database = connect(parse_address(url))
    mortal = Mortal(database._client, database._address, database.name)
    objects = [renamed(each) for each in schema_objects()]
    without_metrics = [each for each in objects if each.kind is not Kind.METRIC]
    client = get_client(dsn=url, autogenerate_session_id=False)
    kept = []
    for attempt in range(80):
        mortal.left = attempt
        try:
            apply_schema(mortal, FOREVER, without_metrics, migrations)
            break
        except Killed:
            kept += [attempt] if inserted(client, attempt) else []
    assert attempt > 10
    assert 0 < len(kept) < attempt  # before the fence was closed; and not while it was
    for table in ("events", "conversation_facts", "activity"):
        query = f"SELECT uniqExact(conversation_hash), count() FROM {table} WHERE agent_id = 'late'"
        assert client.query(query).result_rows == [(len(kept), len(kept))]
        client.command(f"ALTER TABLE {table} DELETE WHERE agent_id = 'late' SETTINGS mutations_sync = 2")
    apply_schema(database, FOREVER, objects, migrations)
    assert migrations_done(database) == {migration.name for migration in migrations}
    assert compare(describe_files(database, FOREVER, objects), describe(database)) == ()
    assert answers(released) == before
    columns = "countIf(notEmpty(unread_fields)), (SELECT count() FROM writing_customers)"
    assert all(client.query(f"SELECT {columns} FROM events").result_rows[0])
    client.close()


def inserted(client: Client, number: int) -> bool:
    """Try to insert a block as the owner of the partition; return whether it was acknowledged."""
    if not client.query("EXISTS TABLE owners").result_rows[0][0]:
        return False
    client.command(
        "INSERT INTO owners (topic, partition, owner_epoch, owner_id) VALUES ({topic:String}, {partition:UInt32},"
        " (SELECT max(owner_epoch) + 1 FROM owners WHERE topic = {topic:String}), {owner:String})",
        parameters={"topic": f"{TOPIC}-late", "partition": PARTITION, "owner": OWNER},
    )
    query = "SELECT max(owner_epoch) FROM owners WHERE topic = {topic:String}"
    epoch = client.query(query, parameters={"topic": f"{TOPIC}-late"}).result_rows[0][0]
    agent = Agent(client, "late")
    agent.message(str(number), NOON)
    agent.conversation(str(number), NOON)
    agent.rows = [row | {"topic": f"{TOPIC}-late", "owner_epoch": epoch} for row in agent.rows]
    try:
        agent.flush()
    except DatabaseError:
        return False
    return True


def test_a_difference_after_the_migrations_is_reported_and_inserts_wait(
    clickhouse: ClickHouse, released: Database
) -> None:
    objects = [renamed(schema_object) for schema_object in schema_objects()]
    with pytest.raises(SchemaDiffers, match="events: column repaired: extra"):
        apply_schema(released, FOREVER, objects, [Migration("9001_nothing", ("SELECT 1",))])
    client = get_client(dsn=clickhouse.url(released.name), autogenerate_session_id=False)
    assert not inserted(client, 1)
    apply_schema(released, FOREVER)
    assert inserted(client, 2)
    client.close()


async def test_a_worker_writes_only_to_its_own_schema_version(clickhouse: ClickHouse, released: Database) -> None:
    store = Store(clickhouse.url(released.name), threads=1)
    with pytest.raises(SchemaMismatch, match=r"version 1 of the schema .* run `python -m sql apply`"):
        await check_schema(store)
    apply_schema(released, FOREVER)
    await check_schema(store)
    released.run(f"INSERT INTO schema_versions (version) VALUES ({SCHEMA_VERSION + 1})")
    with pytest.raises(SchemaMismatch, match="start the release that made it"):
        await check_schema(store)
    store.close()
