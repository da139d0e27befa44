"""One server for all tests that do not need their own; each test has its own tables."""

import os
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.support.sql.clickhouse import run_sql
from tests.support.stack.embedded_server import DATABASE, PASSWORDS, EmbeddedServer, running_server


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        for name in [name for name in os.environ if name.startswith("CONVOSTREAM_")]:
            patched.delenv(name)
        yield


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """Provide the running server."""
    with running_server(tmp_path_factory.mktemp("front")) as front:
        yield front


@pytest.fixture(scope="session")
def with_schema(server: EmbeddedServer) -> EmbeddedServer:
    """Provide the same server with the product's schema."""
    applied = run_sql("apply", f"http://writer:{quote(PASSWORDS['writer'])}@127.0.0.1:{server.port}/{DATABASE}")
    assert applied.returncode == 0, applied.stderr
    return server


@pytest.fixture
def table(server: EmbeddedServer, request: pytest.FixtureRequest) -> str:
    """Provide a table with a number, a text and a time, which deduplicates inserts."""
    name = f"t_{abs(hash(request.node.nodeid)):x}"
    statement = (
        f"CREATE OR REPLACE TABLE {name} (number UInt64, text String, at DateTime64(3, 'UTC') DEFAULT 0) "
        "ENGINE = MergeTree ORDER BY number SETTINGS non_replicated_deduplication_window = 100"
    )
    answer = server.ask(statement, database=DATABASE)
    assert answer.status == 200, answer.text
    return name
