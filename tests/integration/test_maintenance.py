"""Workers reject facts of other rules, and `rebuild` recomputes them with the current settings."""

from collections.abc import Iterator

import pytest

from deploy.embedded.errors import ProcessFailed
from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.stack import Stack
from tests.integration.conftest import WORKER
from tests.oracle import History, Record, Settings
from tests.support.kafka.topic_log import TopicLog
from tests.support.stack.audit_stack import run_command
from tests.support.stack.harness import CITY, Harness, unique_agent
from tests.support.strategies.choices import RandomChoices
from tests.support.strategies.questions import questions
from tests.support.strategies.random_events import generate

OTHER = Settings(session_gap_minutes=7, escalation_actions=("search", "refund"))
OTHER_ENVIRONMENT = {
    "CONVOSTREAM_SESSION_GAP_MINUTES": str(OTHER.session_gap_minutes),
    "CONVOSTREAM_ESCALATION_ACTIONS": ",".join(OTHER.escalation_actions),
}


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run a separate stack, because these commands change all partitions of a database."""
    settings = StackSettings(data_directory=tmp_path_factory.mktemp("maintenance"))
    with Stack(settings, "embedded", worker_environment=WORKER) as running:
        yield running


def send(harness: Harness, seed: int, agent: str) -> list[Record]:
    delivered = harness.send(generate(seed, 60, agent_ids=[agent], now=harness.now()))
    harness.drain()
    return delivered


def assert_views(harness: Harness, delivered: list[Record], agent: str, settings: Settings) -> None:
    known = History(delivered, settings, CITY.locate)
    moments = [event.at for event in known.events if event.key[:2] == (agent, "production")]
    asked = questions(RandomChoices(3), (agent, "production"), moments, harness.now(), 4)
    assert not harness.differences(known, asked)


def test_another_fold_version_is_rejected_until_a_rebuild_and_exact_after_it(own: Stack) -> None:
    agent = unique_agent()
    worker = own.add_worker()
    harness = Harness(own, TopicLog(own.broker.address, "agent-events"), worker)
    delivered = send(harness, 1, agent)
    assert_views(harness, delivered, agent, Settings())
    worker.stop()

    with pytest.raises(ProcessFailed):
        own.add_worker(OTHER_ENVIRONMENT)
    refused = own.workers[-1]
    assert "python -m stream_processors rebuild" in "\n".join(refused.last_lines(60))

    rebuilt = run_command(own, "rebuild", more=OTHER_ENVIRONMENT)
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert_views(harness, delivered, agent, OTHER)

    harness.worker = own.add_worker(OTHER_ENVIRONMENT)
    delivered += send(harness, 2, agent)
    assert_views(harness, delivered, agent, OTHER)
    audited = run_command(own, "audit", more=OTHER_ENVIRONMENT)
    assert audited.returncode == 0, audited.stdout
