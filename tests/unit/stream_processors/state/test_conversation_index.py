"""ConversationIndex: it finds every hash that was loaded or added, and no other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.state.loader import ConversationIndex

hashes = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5), max_size=20)


def index_of(values: list[int]) -> ConversationIndex:
    return ConversationIndex(np.array(values, dtype=np.uint64))


class FewRecent(ConversationIndex):
    MAX_RECENT = 2


@given(st.sampled_from([ConversationIndex, FewRecent]), hashes, hashes, hashes)
def test_exactly_what_was_loaded_or_added_exists(
    kind: type[ConversationIndex], loaded: list[int], added: list[int], queried: list[int]
) -> None:
    index = kind(np.array(loaded, dtype=np.uint64))
    for hash_ in added:
        index.add([hash_])
    assert index.existing(queried) == [hash_ for hash_ in queried if hash_ in {*loaded, *added}]
    assert index.existing(loaded + added) == loaded + added


def test_nothing_exists_in_an_empty_table() -> None:
    assert index_of([]).existing([0, 5, 2**64 - 1]) == []
    assert index_of([]).existing([]) == []
    assert len(index_of([])) == 0


def test_the_edges_of_the_range_are_found() -> None:
    assert index_of([0, 2**64 - 1]).existing([2**64 - 1, 2**63, 0]) == [2**64 - 1, 0]


def test_added_hashes_stay_when_they_are_merged_into_the_array(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ConversationIndex, "MAX_RECENT", 3)
    index = index_of([10])
    for hash_ in range(8):
        index.add([hash_])
    assert index.existing([*range(9), 10]) == [*range(8), 10]
    assert len(index) == 9


def test_a_hash_that_was_loaded_twice_counts_once() -> None:
    assert len(index_of([7, 7, 7])) == 1
