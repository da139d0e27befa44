"""State: new conversations cost no query, the least recently used are evicted first, and memory is counted."""

from collections.abc import Callable

import numpy as np
import pytest
from clickhouse_connect.driver.exceptions import OperationalError

from stream_processors.clickhouse.client import ClickHouse, Parameters, Row
from stream_processors.conversations.key import ConversationKey, conversation_hash
from stream_processors.kafka.records import LogPosition
from stream_processors.state.cache import (
    COMPACT_BYTES,
    COMPACT_EVENT_BYTES,
    CONVERSATION_BYTES,
    EVENT_BYTES,
    EXPANDED_SHARE,
    State,
)
from stream_processors.state.loader import ConversationIndex
from tests.support.worker.context import RULES, UNREACHABLE_URL
from tests.support.worker.fold_histories import history_of

BEFORE = LogPosition("t", 0, 1, 0)
NOBODY = ClickHouse(UNREACHABLE_URL, threads=1)
ANN, BOB, EVE = (ConversationKey("a", "production", name) for name in ("ann", "bob", "eve"))


def empty_state(conversations: int = 1_000) -> State:
    """Return a state whose budget is a number of conversations of one event."""
    index = ConversationIndex(np.array([], dtype=np.uint64))
    return State(index, RULES, conversations * (CONVERSATION_BYTES + EVENT_BYTES))


async def load(state: State, *keys: ConversationKey) -> None:
    await state.load(state.touch_cached(keys), NOBODY, BEFORE)


async def absorb(state: State, key: ConversationKey) -> None:
    """Add one event to a conversation, as a flush does."""
    await load(state, key)
    state.count_events(1)
    count = len(state.get(key))
    state.get(key).absorb(history_of(*[("user", after) for after in range(count + 1)])[count:])


async def test_a_new_conversation_is_cached_without_a_query() -> None:
    state = empty_state()
    await load(state, ANN, BOB)
    assert len(state) == 2
    assert state.get(ANN).events == []
    assert state.hash_of(ANN) == conversation_hash(ANN)


async def test_only_conversations_that_are_not_cached_are_returned() -> None:
    state = empty_state()
    await load(state, ANN)
    assert state.touch_cached([ANN, BOB]) == [BOB]


async def test_memory_grows_with_conversations_and_with_events() -> None:
    state = empty_state()
    await load(state, ANN)
    assert state.bytes == CONVERSATION_BYTES
    await absorb(state, ANN)
    assert state.bytes == CONVERSATION_BYTES + EVENT_BYTES


async def test_nothing_is_evicted_within_the_budget() -> None:
    state = empty_state(conversations=2)
    await absorb(state, ANN)
    await absorb(state, BOB)
    assert not state.over_budget
    assert state.evict() == 0
    assert len(state) == 2


async def test_the_least_recently_used_conversations_are_evicted_first() -> None:
    state = empty_state(conversations=2)
    for key in (ANN, BOB, EVE):
        await absorb(state, key)
    state.touch_cached([ANN])  # a use
    assert state.over_budget
    assert state.evict() == 1
    assert state.touch_cached([ANN, BOB, EVE]) == [BOB]
    with pytest.raises(KeyError):
        state.hash_of(BOB)
    assert not state.over_budget


async def test_a_state_without_a_budget_evicts_everything_and_counts_to_zero() -> None:
    state = empty_state(conversations=0)
    for key in (ANN, BOB, EVE, ANN):
        await absorb(state, key)
    assert state.evict() == 3
    assert (len(state), state.bytes) == (0, 0)


async def test_the_least_recently_used_conversations_are_compacted_first_and_take_less_memory() -> None:
    state = empty_state(conversations=int(2 / EXPANDED_SHARE))
    for key in (ANN, BOB, EVE):
        await absorb(state, key)
    before = state.bytes
    state.compact_idle()
    assert len(state) == 3
    saved = CONVERSATION_BYTES + EVENT_BYTES - COMPACT_BYTES - COMPACT_EVENT_BYTES
    assert before - state.bytes == saved
    assert state.hash_of(BOB) == conversation_hash(BOB)
    with pytest.raises(KeyError):
        state.get(ANN)


async def test_a_compact_conversation_is_cached_and_expands_to_what_it_was() -> None:
    state = empty_state(conversations=0)
    await absorb(state, ANN)
    await absorb(state, BOB)
    (before, events) = (state.bytes, state.get(ANN).events)
    state.compact_idle()
    assert state.bytes < before
    assert state.get(BOB).events  # the most recent one stays expanded
    assert state.touch_cached([ANN]) == []
    assert (state.bytes, state.get(ANN).events, state.hash_of(ANN)) == (before, events, conversation_hash(ANN))


async def test_compact_conversations_are_evicted_before_expanded_ones() -> None:
    state = empty_state(conversations=1)
    for key in (ANN, BOB, EVE):
        await absorb(state, key)
    state.compact_idle()
    state.touch_cached([EVE])
    assert state.evict() > 0
    assert state.touch_cached([EVE]) == []
    state = empty_state(conversations=0)
    for key in (ANN, BOB):
        await absorb(state, key)
    state.compact_idle()
    state.touch_cached([BOB])
    assert state.evict() == 2
    assert (len(state), state.bytes) == (0, 0)


class Restarting(ClickHouse):
    """A ClickHouse that is unavailable for the first query, and empty."""

    def __init__(self) -> None:
        super().__init__(UNREACHABLE_URL, threads=1)
        self.queries = 0

    async def scan_texts(self, sql: str, parameters: Parameters, take: Callable[[Row], None]) -> None:
        self.queries += 1
        if self.queries == 1:
            raise OperationalError("connection refused")


async def test_the_events_of_existing_conversations_are_queried_until_clickhouse_answers() -> None:
    clickhouse = Restarting()
    state = empty_state(conversations=0)
    await absorb(state, ANN)
    state.evict()
    await state.load(state.touch_cached([ANN]), clickhouse, BEFORE)
    assert clickhouse.queries == 2
    assert state.get(ANN).events == []


async def test_an_evicted_conversation_stays_in_the_index() -> None:
    index = ConversationIndex(np.array([], dtype=np.uint64))
    state = State(index, RULES, 0)
    await absorb(state, ANN)
    state.evict()
    assert index.existing([conversation_hash(ANN), conversation_hash(BOB)]) == [conversation_hash(ANN)]
