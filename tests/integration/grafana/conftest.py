"""One engine with one agent's events, and all panels queried about it in several time zones at once."""

from collections.abc import Iterator

import pytest
from clickhouse_connect import get_client
from clickhouse_connect.driver.client import Client

from tests.support.grafana.data_source import run_queries
from tests.support.grafana.events import AGENT_ID, insert_conversations
from tests.support.grafana.queries import Answers, questions
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
    client.insert("owners", [[TOPIC, PARTITION, 1, OWNER]], ["topic", "partition", "owner_epoch", "owner_id"])
    yield client
    client.close()


@pytest.fixture(scope="session")
def agent(client: Client) -> Agent:
    agent = Agent(client, AGENT_ID)
    insert_conversations(agent)
    return agent


@pytest.fixture(scope="session")
def answers(agent: Agent, clickhouse: ClickHouse, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    asked = questions()
    given = run_queries(list(asked.values()), clickhouse.url(user="reader"), tmp_path_factory.mktemp("asked"))
    return dict(zip(asked, given, strict=True))
