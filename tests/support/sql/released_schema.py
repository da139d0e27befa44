"""Databases of earlier releases with rows that their workers wrote, from tests/data/schema."""

import zipfile
from io import BytesIO
from pathlib import Path

from clickhouse_connect import get_client

from sql.address import parse_address
from sql.connection import Database, connect
from sql.objects import Kind, SchemaObject
from tests.support.sql.clickhouse import ClickHouse

FOLDER = Path(__file__).parents[2] / "data" / "schema"


def database_of_version(version: int, clickhouse: ClickHouse, name: str) -> Database:
    """Create a database as the release of a schema version left it, with its rows."""
    database = connect(parse_address(clickhouse.url(name)))
    database.create()
    for each in ddl(version).split(";\n\n"):
        if each.strip():
            database.run(SchemaObject(Kind.TABLE, "", each).statement_in(name))
    _insert_rows(version, clickhouse.url(name))
    return database


def ddl(version: int) -> str:
    """Return the output of `python -m sql print` of that release."""
    return (FOLDER / f"{version}.sql").read_text(encoding="utf-8")


def _insert_rows(version: int, url: str) -> None:
    client = get_client(dsn=url, autogenerate_session_id=False)
    with zipfile.ZipFile(FOLDER / f"{version}.zip") as tables:
        for name in tables.namelist():
            if rows := tables.read(name):
                client.raw_insert(name.removesuffix(".native"), insert_block=BytesIO(rows), fmt="Native")
    client.close()
