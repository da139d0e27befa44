"""One ClickHouse with the schema for all tests of this folder; every test has its own agent."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from clickhouse_connect import get_client
from clickhouse_connect.driver.client import Client

from tests.support.sql.agent import Agent
from tests.support.sql.clickhouse import ClickHouse, run_sql, running_clickhouse
from tests.support.sql.inbox_rows import OWNER, PARTITION, TOPIC


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouse]:
    with running_clickhouse(tmp_path_factory.mktemp("clickhouse") / "data") as running:
        applied = run_sql("apply", running.url())
        assert applied.returncode == 0, applied.stderr
        yield running


@pytest.fixture(scope="session")
def client(clickhouse: ClickHouse) -> Iterator[Client]:
    client = get_client(dsn=clickhouse.url(), autogenerate_session_id=False)
    claim = [[TOPIC, PARTITION, 1, OWNER]]
    client.insert("owners", claim, ["topic", "partition", "owner_epoch", "owner_id"])
    yield client
    client.close()


@pytest.fixture
def agent(client: Client) -> Agent:
    return Agent(client, f"agent-{uuid4()}")
