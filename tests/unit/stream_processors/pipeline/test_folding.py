"""Portions: what a flush folds at once stays small, whatever it touches, and the rows are the same."""

import numpy as np
import pytest

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.conversations.key import conversation_hash
from stream_processors.dead_letters.storage import DeadLetterPolicy
from stream_processors.kafka.records import LogPosition
from stream_processors.pipeline import folding
from stream_processors.pipeline.batch import FlushBatch
from stream_processors.pipeline.folding import fold_conversations
from stream_processors.pipeline.steps import decode_records, gather_rows
from stream_processors.state.cache import SPILL_MARGIN_BYTES, State
from stream_processors.state.loader import ConversationIndex
from tests.support.kafka.records import AT_MS, EVENT_ID, KafkaRecord, record_of
from tests.support.worker.context import RULES, UNREACHABLE_URL
from tests.support.worker.wire_events import enrichment_of

POSITION = LogPosition("agent-events", 0, 1, 0)
NOBODY = ClickHouse(UNREACHABLE_URL, threads=1)


def state_of(max_bytes: int = 10**9) -> State:
    return State(ConversationIndex(np.array([], dtype=np.uint64)), RULES, max_bytes)


def event(number: int, conversation: str) -> KafkaRecord:
    return record_of(offset=number, event_id=f"{EVENT_ID[:-4]}{number:04x}", conversation_id=conversation)


async def flush(state: State, *records: KafkaRecord) -> tuple[dict[str, int], list[str]]:
    """Fold records; return how many rows there are of each kind, and the codes of dead letters."""
    batch = FlushBatch(records, seen_at=AT_MS + 1_000)
    decode_records(batch, enrichment_of(), DeadLetterPolicy().keep, 0, len(records))
    keep = DeadLetterPolicy().keep
    fresh, hashes, rows = await fold_conversations(batch, state, NOBODY, POSITION, keep)
    assert hashes == [conversation_hash(key) for key in fresh]
    segments = gather_rows(batch, fresh, hashes, rows, POSITION)
    return {each.kind: each.length for each in segments}, [letter.code for letter in batch.dead_letters]


async def test_many_conversations_are_folded_in_portions_to_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    state, whole = state_of(), state_of()
    first = [event(number, f"c{number % 8}") for number in range(40)]
    second = [event(number, f"c{number % 9}") for number in range(100, 140)]
    expected = [await flush(whole, *first), await flush(whole, *second)]
    monkeypatch.setattr(folding, "PORTION_EVENTS", 7)
    monkeypatch.setattr(folding, "LONG", 2)
    assert [await flush(state, *first), await flush(state, *second)] == expected


async def test_a_full_conversation_refuses_what_arrives_after_its_last_event() -> None:
    state = state_of()
    state.max_events = 5
    kinds, codes = await flush(state, *[event(number, "c") for number in range(4)])
    assert (kinds["event"], codes) == (4, [])
    kinds, codes = await flush(state, *[event(number, "c") for number in (3, 4, 5, 6)])
    assert (kinds["event"], kinds["dead_letter"], codes) == (1, 2, ["conversation_full"] * 2)
    kinds, codes = await flush(state, event(3, "c"), event(7, "c"), event(8, "d"))
    assert (kinds["event"], codes) == (1, ["conversation_full"])


async def test_what_memory_cannot_hold_leaves_before_it_has_landed_and_the_next_flush_waits_for_that() -> None:
    state = state_of(-SPILL_MARGIN_BYTES)
    await flush(state, event(0, "c"))
    assert len(state) == 0
    assert state.over_budget
    state = state_of(0)
    await flush(state, event(0, "c"))
    assert len(state) == 1  # not landed, and there is memory to spare
    state.evict()
    assert not state.over_budget


async def test_what_the_flush_before_has_touched_stays_for_it_may_not_have_landed() -> None:
    state = state_of(0)
    await flush(state, event(0, "c"), event(1, "d"))
    state._max_bytes = -SPILL_MARGIN_BYTES
    await flush(state, event(2, "d"), event(3, "e"))
    assert sorted(key.conversation_id for key in (*state._expanded, *state._compact)) == ["c", "d"]
    state.evict()
    assert len(state) == 0
