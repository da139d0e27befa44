"""Rows that a table lost or has twice are found and reconciled."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import clickhouse_connect
import pytest

from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.stack import Stack
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.conversations.rules import EscalationActions, FoldRules
from stream_processors.errors import StaleOwner
from stream_processors.partitions.range_log import OwnerClaim, RangeLog
from stream_processors.partitions.reconcile import repair_conversations
from tests.integration.conftest import WORKER
from tests.oracle import History
from tests.support.kafka.topic_log import TopicLog
from tests.support.stack.harness import Harness, history, unique_agent
from tests.support.strategies.choices import RandomChoices
from tests.support.strategies.questions import questions
from tests.support.strategies.random_events import generate

RULES = FoldRules(1_800_000, EscalationActions())
ALL = "conversation_hash % 1 = 0"
TABLES = ("conversation_facts", "session_facts", "exchange_facts", "end_user_activity", "activity")
AGENT = unique_agent("repair")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Written:
    """Run a stack whose worker has written random events and was stopped."""

    harness: Harness
    known: History

    def damage(self, statement: str) -> None:
        clickhouse_connect.get_client(dsn=self.url).command(statement)

    @property
    def url(self) -> str:
        return self.harness.stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"]

    def with_clickhouse(self, call: Callable[[ClickHouse], Awaitable[Result]]) -> Result:
        async def called() -> Result:
            clickhouse = ClickHouse(self.url)
            try:
                return await call(clickhouse)
            finally:
                clickhouse.close()

        return asyncio.run(called())

    def claim(self) -> OwnerClaim:
        return self.with_clickhouse(lambda each: RangeLog(each, self.harness.log.topic, "repair").claim(0, None))

    def repair(self, owner_claim: OwnerClaim) -> int:
        return self.with_clickhouse(lambda each: repair_conversations(each, ALL, RULES, owner_claim))

    def differences(self) -> list[str]:
        moments = [event.at for event in self.known.events]
        asked = questions(RandomChoices(3), (AGENT, "production"), moments, self.harness.now(), 3)
        return self.harness.differences(self.known, asked)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    settings = StackSettings(data_directory=tmp_path_factory.mktemp("repair"))
    with Stack(settings, "embedded", worker_environment=WORKER) as stack:
        harness = Harness(stack, TopicLog(stack.broker.address, "agent-events"), stack.add_worker())
        delivered = harness.send(generate(5, 300, agent_ids=[AGENT], now=harness.now()))
        harness.drain()
        harness.worker.stop()
        yield Written(harness, history(delivered))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("damage", ["TRUNCATE TABLE {}", "INSERT INTO {0} SELECT * FROM {0}"], ids=["lost", "doubled"])
def test_a_table_is_restored_from_the_events(written: Written, table: str, damage: str) -> None:
    written.damage(damage.format(table))
    owner_claim = written.claim()
    assert written.repair(owner_claim) > 0
    assert written.repair(owner_claim) == 0
    assert not written.differences()


def test_a_repair_with_an_outdated_claim_is_rejected(written: Written) -> None:
    written.damage("TRUNCATE TABLE activity")
    stale, owner_claim = written.claim(), written.claim()
    with pytest.raises(StaleOwner):
        written.repair(stale)
    assert written.repair(owner_claim) > 0
    assert not written.differences()
