"""Random event sets through the real workers: every view against the oracle, in ranges and zones of all kinds.

The records of a set arrive in three parts, the next when the last has landed, so that late events meet what was
already written. All seeds share the sending and the waiting.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.integration.harness import Harness, history, unique_agent
from tests.oracle import History, Question, Record, Sent
from tests.strategies.choices import RandomChoices
from tests.strategies.event_sets import event_sets
from tests.strategies.questions import questions
from tests.strategies.random_events import generate

pytestmark = pytest.mark.integration

SEEDS = range(8)
PARTS = 3
ENVIRONMENTS = ("production", "staging")
FEW = settings(
    max_examples=5,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True, slots=True)
class RandomSet:
    """A set with its agents, and the records as they were delivered."""

    seed: int
    agents: list[str]
    sent: list[Sent]
    delivered: list[Record]

    def questions(self, known: History, now: int, count: int) -> Iterator[Question]:
        """So many questions for each of its agents and environments."""
        for scope in ((agent, environment) for agent in self.agents for environment in ENVIRONMENTS):
            moments = [event.at for event in known.events if event.key[:2] == scope]
            yield from questions(RandomChoices(self.seed), scope, moments, now, count)


@pytest.fixture(scope="module")
def remembered(harness: Harness) -> list[RandomSet]:
    """Sets that the shipped worker has written."""
    return _delivered(harness)


@pytest.fixture(scope="module")
def forgotten(forgetful: Harness) -> list[RandomSet]:
    """Sets that the worker without memory has written."""
    return _delivered(forgetful)


def _delivered(harness: Harness) -> list[RandomSet]:
    sets = [_set(seed, harness.now()) for seed in SEEDS]
    for part in range(PARTS):
        for each in sets:
            size = -(-len(each.sent) // PARTS)
            each.delivered.extend(harness.send(each.sent[part * size : (part + 1) * size]))
        harness.drain()
    return sets


def _set(seed: int, now: int) -> RandomSet:
    agents = [unique_agent(f"seed-{seed}") for _ in range(2)]
    return RandomSet(seed, agents, generate(seed, 40, agent_ids=agents, now=now), [])


def _differences(harness: Harness, each: RandomSet) -> list[str]:
    known = history(each.delivered)
    return harness.differences(known, each.questions(known, harness.now(), 2))


@pytest.mark.parametrize("seed", SEEDS)
def test_all_views_of_a_random_set_equal_the_oracle(harness: Harness, remembered: list[RandomSet], seed: int) -> None:
    assert _differences(harness, remembered[seed]) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_all_views_equal_the_oracle_without_a_cache(forgetful: Harness, forgotten: list[RandomSet], seed: int) -> None:
    assert _differences(forgetful, forgotten[seed]) == []


@FEW
@given(data=st.data())
def test_all_views_of_a_drawn_set_equal_the_oracle(harness: Harness, data: st.DataObject) -> None:
    agent = unique_agent("drawn")
    sent = data.draw(event_sets(agent_ids=[agent], now=harness.now(), conversations=4, events=10))
    known = history(harness.send(sent))
    harness.drain()
    asked = [Question(agent, each, 0, harness.now() + 60_000, "Europe/Zagreb", harness.now()) for each in ENVIRONMENTS]
    assert harness.differences(known, asked) == []
