"""State: new conversations cost no question, the least recently used go first, and memory is counted."""

from collections.abc import Callable

import numpy as np
import pytest
from clickhouse_connect.driver.exceptions import OperationalError

from stream_processors.clickhouse.client import ClickHouse, Parameters, Row
from stream_processors.conversations.key import ConversationKey, conversation_hash
from stream_processors.kafka.records import LogPosition
from stream_processors.state.cache import (
    AWAKE,
    CONVERSATION_BYTES,
    EVENT_BYTES,
    RESTING_BYTES,
    RESTING_EVENT_BYTES,
    State,
)
from stream_processors.state.index import ConversationIndex
from tests.support.worker.context import RULES, UNREACHABLE_URL
from tests.support.worker.fold_histories import history_of

BEFORE = LogPosition("t", 0, 1, 0)
NOBODY = ClickHouse(UNREACHABLE_URL, threads=1)
ANN, BOB, EVE = (ConversationKey("a", "production", name) for name in ("ann", "bob", "eve"))


def empty_state(conversations: int = 1_000) -> State:
    """A state that is meant to hold so many conversations of one event."""
    known = ConversationIndex(np.array([], dtype=np.uint64))
    return State(known, RULES, conversations * (CONVERSATION_BYTES + EVENT_BYTES))


async def admit(state: State, *keys: ConversationKey) -> None:
    await state.admit(state.missing(keys), NOBODY, BEFORE)


async def absorb(state: State, key: ConversationKey) -> None:
    """Let a conversation take one event, as a flush does."""
    await admit(state, key)
    state.count_events(1)
    known = len(state.get(key))
    state.get(key).absorb(history_of(*[("user", after) for after in range(known + 1)])[known:])


async def test_a_new_conversation_is_admitted_without_asking_clickhouse() -> None:
    state = empty_state()
    await admit(state, ANN, BOB)
    assert len(state) == 2
    assert state.get(ANN).events == []
    assert state.hash_of(ANN) == conversation_hash(ANN)


async def test_what_is_in_memory_is_not_missing() -> None:
    state = empty_state()
    await admit(state, ANN)
    assert state.missing([ANN, BOB]) == [BOB]


async def test_memory_grows_with_conversations_and_with_events() -> None:
    state = empty_state()
    await admit(state, ANN)
    assert state.bytes == CONVERSATION_BYTES
    await absorb(state, ANN)
    assert state.bytes == CONVERSATION_BYTES + EVENT_BYTES


async def test_nothing_leaves_while_there_is_room() -> None:
    state = empty_state(conversations=2)
    await absorb(state, ANN)
    await absorb(state, BOB)
    assert not state.is_full
    assert state.shrink() == 0
    assert len(state) == 2


async def test_the_conversations_that_were_not_used_for_longest_leave_first() -> None:
    state = empty_state(conversations=2)
    for key in (ANN, BOB, EVE):
        await absorb(state, key)
    state.missing([ANN])  # a use
    assert state.is_full
    assert state.shrink() == 1
    assert state.missing([ANN, BOB, EVE]) == [BOB]
    with pytest.raises(KeyError):
        state.hash_of(BOB)
    assert not state.is_full


async def test_a_state_without_room_lets_go_of_everything_and_counts_to_zero() -> None:
    state = empty_state(conversations=0)
    for key in (ANN, BOB, EVE, ANN):
        await absorb(state, key)
    assert state.shrink() == 3
    assert (len(state), state.bytes) == (0, 0)


async def test_the_conversations_that_were_not_used_for_longest_rest_first_in_less_memory() -> None:
    state = empty_state(conversations=int(2 / AWAKE))
    for key in (ANN, BOB, EVE):
        await absorb(state, key)
    before = state.bytes
    state.rest()
    assert len(state) == 3
    saved = CONVERSATION_BYTES + EVENT_BYTES - RESTING_BYTES - RESTING_EVENT_BYTES
    assert before - state.bytes == saved
    assert state.hash_of(BOB) == conversation_hash(BOB)
    with pytest.raises(KeyError):
        state.get(ANN)


async def test_a_conversation_at_rest_is_not_missing_and_wakes_as_it_was() -> None:
    state = empty_state(conversations=0)
    await absorb(state, ANN)
    await absorb(state, BOB)
    (before, events) = (state.bytes, state.get(ANN).events)
    state.rest()
    assert state.bytes < before
    assert state.get(BOB).events  # the one used last is not folded again and again
    assert state.missing([ANN]) == []
    assert (state.bytes, state.get(ANN).events, state.hash_of(ANN)) == (before, events, conversation_hash(ANN))


async def test_what_rests_leaves_before_what_is_awake() -> None:
    state = empty_state(conversations=1)
    for key in (ANN, BOB, EVE):
        await absorb(state, key)
    state.rest()
    state.missing([EVE])
    assert state.shrink() > 0
    assert state.missing([EVE]) == []
    state = empty_state(conversations=0)
    for key in (ANN, BOB):
        await absorb(state, key)
    state.rest()
    state.missing([BOB])
    assert state.shrink() == 2
    assert (len(state), state.bytes) == (0, 0)


class Restarting(ClickHouse):
    """A ClickHouse that is away for the first question, and holds nothing."""

    def __init__(self) -> None:
        super().__init__(UNREACHABLE_URL, threads=1)
        self.questions = 0

    async def scan_texts(self, sql: str, parameters: Parameters, take: Callable[[Row], None]) -> None:
        self.questions += 1
        if self.questions == 1:
            raise OperationalError("connection refused")


async def test_known_conversations_are_asked_for_until_clickhouse_answers() -> None:
    clickhouse = Restarting()
    state = empty_state(conversations=0)
    await absorb(state, ANN)
    state.shrink()
    await state.admit(state.missing([ANN]), clickhouse, BEFORE)
    assert clickhouse.questions == 2
    assert state.get(ANN).events == []


async def test_a_conversation_that_left_is_known_from_then_on() -> None:
    known = ConversationIndex(np.array([], dtype=np.uint64))
    state = State(known, RULES, 0)
    await absorb(state, ANN)
    state.shrink()
    assert known.among([conversation_hash(ANN), conversation_hash(BOB)]) == [conversation_hash(ANN)]
