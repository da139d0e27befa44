from collections import Counter

import pytest

from examples.demo.deterministic_random import Weighted, chance, share


def test_the_same_names_have_the_same_share() -> None:
    assert share("source", "t-1", "03") == share("source", "t-1", "03")
    assert share("source", "t-1", "03") == pytest.approx(0.4, abs=0.6)


def test_names_with_the_same_characters_differ() -> None:
    assert share("ab", "c") != share("a", "bc")


def test_shares_are_uniformly_distributed() -> None:
    tenths = Counter(int(share("spread", number) * 10) for number in range(10_000))
    assert sorted(tenths) == list(range(10))
    assert max(tenths.values()) < 1_150


def test_an_event_with_a_probability_of_a_fifth_happens_to_a_fifth() -> None:
    assert sum(chance(0.2, "happens", number) for number in range(10_000)) == pytest.approx(2_000, abs=150)


def test_choices_follow_their_weights() -> None:
    choices = Weighted([("often", 3), ("seldom", 1), ("never", 0)])
    chosen = Counter(choices.choose("drawn", number) for number in range(10_000))
    assert set(chosen) == {"often", "seldom"}
    assert chosen["often"] == pytest.approx(7_500, abs=200)
