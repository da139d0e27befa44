"""The steps over a batch: dead letters, strays, repetitions, and the rows that come out."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from aiokafka.partitioner import DefaultPartitioner

from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.conversations.key import ConversationKey
from stream_processors.dead_letters.storage import DeadLetterPolicy
from stream_processors.kafka.records import DEAD_LETTER_HEADER, ORIGIN_HEADER, LogPosition, place_text
from stream_processors.partitions.ranges import Proof
from stream_processors.pipeline.batch import FlushBatch
from stream_processors.pipeline.folding import fold_conversations
from stream_processors.pipeline.headers import prove_headers
from stream_processors.pipeline.steps import decode_records, gather_rows, partition_of, split_misrouted
from stream_processors.privacy.storage_policy import ContentPolicy
from stream_processors.state.cache import State
from stream_processors.state.loader import ConversationIndex
from tests.support.kafka.records import AT_MS, EVENT_ID, KafkaRecord, fields_of, record_of, value_of
from tests.support.worker.context import RULES, UNREACHABLE_URL
from tests.support.worker.wire_events import enrichment_of

POSITION = LogPosition("agent-events", 0, 1, 0)
KEY = ConversationKey("a", "production", "c")
LETTER = LogPosition("agent-events", 3, 1, 5)
SEEN = AT_MS + 1_000
SECOND_ID = EVENT_ID.replace("0189", "0190")


def state_of() -> State:
    return State(ConversationIndex(np.array([], dtype=np.uint64)), RULES, 10**9)


def decoded(*records: KafkaRecord) -> FlushBatch:
    batch = FlushBatch(records, seen_at=SEEN)
    decode_records(batch, enrichment_of(), DeadLetterPolicy().keep, 0, len(records))
    return batch


async def segments_of(
    state: State, *records: KafkaRecord, letters: Mapping[int, LogPosition] | None = None
) -> dict[str, Segment]:
    """The segments of some records by kind, for records of one type."""
    return {segment.kind: segment for segment in await segments_of_all(state, *records, letters=letters)}


async def segments_of_all(
    state: State, *records: KafkaRecord, letters: Mapping[int, LogPosition] | None = None
) -> list[Segment]:
    """Take records through all steps that change the state; `letters` are those that they replay."""
    batch = decoded(*records)
    batch.replayed = dict(letters or {})
    keep = DeadLetterPolicy().keep
    fresh, hashes, rows = await fold_conversations(batch, state, ClickHouse(UNREACHABLE_URL, threads=1), POSITION, keep)
    return gather_rows(batch, fresh, hashes, rows, POSITION)


def test_a_record_is_an_event_or_a_dead_letter() -> None:
    batch = decoded(
        record_of(), KafkaRecord(offset=1, value=b"{"), KafkaRecord(offset=2, value=None), record_of(offset=3)
    )
    assert [record.offset for record in batch.event_records] == [0, 3]
    assert [(letter.record.offset, letter.code) for letter in batch.dead_letters] == [
        (1, "broken_json"),
        (2, "no_value"),
    ]


def test_a_slice_decodes_its_records_alone() -> None:
    batch = FlushBatch([record_of(offset=offset) for offset in range(5)], seen_at=SEEN)
    decode_records(batch, enrichment_of(), DeadLetterPolicy().keep, 2, 4)
    assert [record.offset for record in batch.event_records] == [2, 3]
    decode_records(batch, enrichment_of(), DeadLetterPolicy().keep, 4, 1_000)
    assert [record.offset for record in batch.event_records] == [2, 3, 4]


def test_a_dead_letter_without_a_time_was_received_when_it_was_first_seen() -> None:
    assert decoded(KafkaRecord(value=b"{", timestamp=None)).dead_letters[0].received_at == SEEN
    assert decoded(KafkaRecord(value=b"{")).dead_letters[0].received_at == AT_MS


async def test_an_id_counts_once_and_the_first_to_arrive_stays() -> None:
    first = record_of("message", offset=1, sender="agent", content="first")
    again = record_of("message", offset=2, sender="agent", content="second")
    upper = record_of("button", offset=3, button_event="x", event_id=EVENT_ID.upper())
    state = state_of()
    segments = await segments_of(state, first, again, upper)
    assert list(segments["event"].columns["content"]) == ["first"]
    assert await segments_of(state, again, upper) == {}


async def test_of_two_types_under_one_id_the_first_to_arrive_stays() -> None:
    earlier = record_of("message", offset=1, sender="agent", content="other", event_id=SECOND_ID)
    button = record_of("button", offset=2, button_event="x")
    message = record_of("message", offset=3, sender="agent", content="late")
    events = [each for each in (await segments_of_all(state_of(), earlier, button, message)) if each.kind == "event"]
    assert [list(each.columns["offset"]) for each in events] == [[1], [2]]


async def test_the_same_id_in_another_conversation_is_another_event() -> None:
    others = [{}, {"conversation_id": "d"}, {"agent_id": "b"}, {"environment": "staging"}]
    records = [KafkaRecord(offset=at, value=value_of(fields_of(**own))) for at, own in enumerate(others)]
    assert (await segments_of(state_of(), *records))["event"].length == 4


async def test_a_dead_letter_does_not_use_up_its_id() -> None:
    bad = record_of("message", offset=0, sender="nobody", content="x")
    good = record_of("message", offset=1, sender="agent", content="x")
    segments = await segments_of(state_of(), bad, good)
    assert (segments["event"].length, segments["dead_letter"].length) == (1, 1)


async def test_a_dead_letter_is_named_by_its_own_place_or_by_that_of_the_letter_that_it_replays() -> None:
    bad = [KafkaRecord(offset=offset, value=b"{") for offset in (5, 6)]
    segment = (await segments_of(state_of(), *bad, letters={6: LETTER}))["dead_letter"]
    names = zip(*(segment.columns[f"origin_{name}"] for name in LogPosition._fields), strict=True)
    assert list(names) == [POSITION._replace(offset=5), LETTER]
    assert list(segment.columns["status"]) == ["refused", "refused"]


async def test_a_valid_replay_settles_its_letter_also_when_the_event_is_a_repetition() -> None:
    state = state_of()
    first = await segments_of(state, record_of(offset=7), letters={7: LETTER})
    again = await segments_of(state, record_of(offset=8), record_of(offset=9), letters={8: LETTER})
    assert (first["event"].length, list(first["dead_letter"].columns["status"])) == (1, ["replayed"])
    assert [(kind, list(segment.columns["offset"])) for kind, segment in again.items()] == [("dead_letter", [8])]


async def test_a_batch_without_headers_of_ours_does_not_ask_clickhouse() -> None:
    foreign = KafkaRecord(headers=(("trace", b"x"), (DEAD_LETTER_HEADER, b"5"), (ORIGIN_HEADER, b"no place")))
    batch = FlushBatch([record_of(), foreign], seen_at=SEEN)
    await prove_headers(batch, ClickHouse(UNREACHABLE_URL, threads=1), POSITION, None, ContentPolicy())
    assert (batch.proofs, batch.replayed) == ((), {})


async def test_a_replay_takes_what_was_proved_from_its_range_and_asks_nobody() -> None:
    claimed = KafkaRecord(offset=3, headers=((DEAD_LETTER_HEADER, place_text(LETTER)),), value=value_of(fields_of()))
    batch = FlushBatch([record_of(), claimed], seen_at=SEEN)
    await prove_headers(
        batch, ClickHouse(UNREACHABLE_URL, threads=1), POSITION, (Proof(3, AT_MS - 9, is_replay=True),), ContentPolicy()
    )
    decode_records(batch, enrichment_of(), DeadLetterPolicy().keep, 0, 2)
    assert (batch.replayed, batch.received_at) == ({3: LETTER}, [AT_MS, AT_MS - 9])


async def test_a_batch_without_news_makes_no_rows() -> None:
    state = state_of()
    await segments_of(state, record_of())
    assert await segments_of(state, record_of(offset=1)) == {}


async def test_facts_are_those_of_the_conversation_after_the_batch() -> None:
    state = state_of()
    asked = record_of("message", offset=0, sender="end_user", content="x")
    answered = record_of("message", offset=1, sender="agent", content="x", event_id=SECOND_ID)
    first = await segments_of(state, asked)
    assert {kind: list(segment.columns["sign"]) for kind, segment in first.items() if kind != "event"} == {
        "conversation_fact": [1],
        "session_fact": [1],
        "exchange_fact": [1],
        "end_user_activity": [1],
    }
    second = await segments_of(state, answered)
    assert list(second["exchange_fact"].columns["sign"]) == [-1, 1]
    assert list(second["exchange_fact"].columns["answered_at"]) == [None, AT_MS]
    assert "end_user_activity" not in second


@pytest.mark.parametrize(
    ("agent_id", "conversation_id", "partition"),
    [("a", "c", 6), ("agent", "chat-1", 11), ("ä", "\U0001f600", 11)],
)
def test_a_conversation_has_its_home_where_clients_send_its_key(
    agent_id: str, conversation_id: str, partition: int
) -> None:
    key = ConversationKey(agent_id, "production", conversation_id)
    assert partition_of(key, 12) == partition == DefaultPartitioner()(key.record_key, list(range(12)), list(range(12)))


def test_the_environment_does_not_move_a_conversation() -> None:
    assert partition_of(KEY, 12) == partition_of(KEY._replace(environment="staging"), 12)


def test_events_of_conversations_that_belong_elsewhere_are_parted() -> None:
    batch = decoded(*(record_of(offset=at, conversation_id=f"c{at}") for at in range(40)))
    keys = list(batch.conversations)
    elsewhere = split_misrouted(batch, keys, partition=1, partitions=4)
    assert elsewhere == {key for key in keys if partition_of(key, 4) != 1}
    assert 0 < len(batch.conversations) < 40
    assert batch.conversations.keys() == set(keys) - elsewhere
    assert batch.misrouted.keys() == elsewhere


def test_with_one_partition_nothing_is_a_stray() -> None:
    batch = decoded(record_of())
    assert split_misrouted(batch, [KEY], partition=0, partitions=1) == set()
    assert (len(batch.conversations), batch.misrouted) == (1, {})


def test_a_time_of_receipt_that_cannot_be_drags_no_event_with_it() -> None:
    records = [replace(record_of(offset=at), timestamp=time) for at, time in enumerate((0, AT_MS // 1000, 10**13))]
    batch = decoded(*records)
    assert batch.received_at == [SEEN] * 3
    assert [event.occurred_at for event in batch.fold_events] == [AT_MS] * 3
