"""One front for all tests that need no other; each test has tables of its own."""

import os
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.support.embedded_server import DATABASE, PASSWORDS, Served, serving
from tests.support.sql_clickhouse import run_sql


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        for name in [name for name in os.environ if name.startswith("CONVOSTREAM_")]:
            patched.delenv(name)
        yield


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The running front."""
    with serving(tmp_path_factory.mktemp("front")) as front:
        yield front


@pytest.fixture(scope="session")
def with_schema(served: Served) -> Served:
    """The same front, with the schema of the product."""
    applied = run_sql("apply", f"http://writer:{quote(PASSWORDS['writer'])}@127.0.0.1:{served.port}/{DATABASE}")
    assert applied.returncode == 0, applied.stderr
    return served


@pytest.fixture
def table(served: Served, request: pytest.FixtureRequest) -> str:
    """A table of this test's own, with a number, a text and a time; its window remembers inserts."""
    name = f"t_{abs(hash(request.node.nodeid)):x}"
    statement = (
        f"CREATE OR REPLACE TABLE {name} (number UInt64, text String, at DateTime64(3, 'UTC') DEFAULT 0) "
        "ENGINE = MergeTree ORDER BY number SETTINGS non_replicated_deduplication_window = 100"
    )
    answer = served.ask(statement, database=DATABASE)
    assert answer.status == 200, answer.text
    return name
