"""One front for all tests that need no other; each test has tables of its own."""

import os
from collections.abc import Iterator

import pytest

from tests.integration.embedded.served import DATABASE, Served, serving


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
