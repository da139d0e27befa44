"""Random event sets through the real workers: every view equals the oracle, for all kinds of ranges and time zones."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.oracle import Question
from tests.support.metrics.random_sets import QUESTIONS, SEEDS, RandomSet
from tests.support.run_length import by_length
from tests.support.stack.harness import Harness, history, unique_agent
from tests.support.strategies.event_sets import event_sets

FEW = settings(
    max_examples=by_length(3, 30),
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


def _differences(harness: Harness, each: RandomSet) -> list[str]:
    known = each.history
    return harness.differences(known, each.questions(known, harness.now()))


@pytest.mark.parametrize("seed", SEEDS)
def test_all_views_of_a_random_set_equal_the_oracle(harness: Harness, remembered: list[RandomSet], seed: int) -> None:
    assert _differences(harness, remembered[seed]) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_all_views_equal_the_oracle_without_a_cache(forgetful: Harness, forgotten: list[RandomSet], seed: int) -> None:
    assert _differences(forgetful, forgotten[seed]) == []


@FEW
@given(data=st.data())
def test_all_views_of_a_generated_set_equal_the_oracle(harness: Harness, data: st.DataObject) -> None:
    agent = unique_agent("drawn")
    sent = data.draw(event_sets(agent_ids=[agent], now=harness.now(), conversations=4, events=10))
    known = history(harness.send(sent))
    harness.drain()
    asked = [Question(agent, each, 0, harness.now() + 60_000, "Europe/Zagreb", harness.now()) for each in QUESTIONS]
    assert harness.differences(known, asked) == []
