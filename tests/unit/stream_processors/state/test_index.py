"""Known conversations: every hash that was there or was added is found, and no other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.state.index import ConversationIndex

hashes = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5), max_size=20)


def known_of(values: list[int]) -> ConversationIndex:
    return ConversationIndex(np.array(values, dtype=np.uint64))


class FewRecent(ConversationIndex):
    MAX_RECENT = 2


@given(st.sampled_from([ConversationIndex, FewRecent]), hashes, hashes, hashes)
def test_exactly_what_was_loaded_or_added_is_known(
    kind: type[ConversationIndex], loaded: list[int], added: list[int], asked: list[int]
) -> None:
    known = kind(np.array(loaded, dtype=np.uint64))
    for each in added:
        known.add([each])
    assert known.among(asked) == [each for each in asked if each in {*loaded, *added}]
    assert known.among(loaded + added) == loaded + added


def test_nothing_is_known_of_an_empty_table() -> None:
    assert known_of([]).among([0, 5, 2**64 - 1]) == []
    assert known_of([]).among([]) == []
    assert len(known_of([])) == 0


def test_the_edges_of_the_range_are_found() -> None:
    assert known_of([0, 2**64 - 1]).among([2**64 - 1, 2**63, 0]) == [2**64 - 1, 0]


def test_what_was_added_stays_known_when_it_moves_into_the_array(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ConversationIndex, "MAX_RECENT", 3)
    known = known_of([10])
    for each in range(8):
        known.add([each])
    assert known.among([*range(9), 10]) == [*range(8), 10]
    assert len(known) == 9


def test_a_hash_that_was_loaded_twice_is_known_once() -> None:
    assert len(known_of([7, 7, 7])) == 1
