"""Rows: events, signed facts and dead letters as the columns of their segments."""

import pyarrow as pa
import pytest
from prometheus_client import REGISTRY

from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.columns import COLUMN_TYPES, KIND_COLUMNS
from stream_processors.clickhouse.event_rows import EVENT_COLUMNS, Part, event_segments
from stream_processors.clickhouse.fact_rows import FlushRows
from stream_processors.conversations.attributes import ConversationFact
from stream_processors.conversations.conversation import Changes, ConversationState
from stream_processors.conversations.exchanges import ExchangeFact
from stream_processors.conversations.key import ConversationKey
from stream_processors.conversations.sessions import SessionFact
from stream_processors.dead_letters.storage import DeadLetterPolicy
from stream_processors.enrichment.enrich import OWN_COLUMNS
from stream_processors.kafka.records import DeadLetter, LogPosition
from tests.support.kafka.records import AT_MS, EVENT_ID, KafkaRecord, fields_of
from tests.support.worker.fold_histories import GAP, LONDON, START, history_of
from tests.support.worker.wire_events import TYPES, enriched, enriched_events, rows_of

KEY = ConversationKey("a", "production", "c")
NAMED = ("conversation_id", "conversation_hash", "offset")
NOTHING = Changes([], [], [], [])
ORIGIN = LogPosition("agent-events", 3, 1, 5)
ENGAGED = ConversationFact(
    START, None, None, "ann", LONDON, "mobile", "web", None, "positive",
    escalated=True, escalation_failed=False,
)  # fmt: skip


def segments_of(rows: FlushRows) -> dict[str, Segment]:
    return {segment.kind: segment for segment in rows.segments()}


def first_row(segment: Segment) -> dict[str, object]:
    """The first row of a segment, as the block has it."""
    return {name: pa.array(values)[0].as_py() for name, values in segment.columns.items()}


def row_of(changes: Changes) -> dict[str, object]:
    """The one row that these changes make."""
    rows = FlushRows()
    rows.add_changes(KEY, 5, changes)
    (segment,) = rows.segments()
    return {name: values[0] for name, values in segment.columns.items()}


def test_a_flush_without_rows_has_no_segments() -> None:
    assert FlushRows().segments() == []


@pytest.mark.parametrize("columns", KIND_COLUMNS.values(), ids=KIND_COLUMNS)
def test_every_column_of_a_kind_is_in_the_inbox_and_there_once(columns: tuple[str, ...]) -> None:
    assert [name for name in columns if name not in COLUMN_TYPES] == []
    assert len(set(columns)) == len(columns)


def test_an_event_has_the_columns_of_all_types() -> None:
    of_types = {name for type_ in TYPES for name in OWN_COLUMNS[type_]}
    assert {*EVENT_COLUMNS, *of_types} == set(KIND_COLUMNS["event"])


def test_events_of_a_type_make_one_segment() -> None:
    types = ("conversation_ended", "token_usage", "conversation_ended")
    ended, tokens = rows_of(*(enriched_events(fields_of(type_)) for type_ in types), offset=0)
    assert (ended.kind, ended.length, list(ended.columns["offset"])) == ("event", 2, [0, 2])
    assert (tokens.kind, tokens.length, first_row(tokens)["type"]) == ("event", 1, "token_usage")


def test_an_event_that_is_not_new_makes_no_row() -> None:
    ended = enriched_events(*(fields_of(conversation_id=each) for each in "abca"))
    old = enriched_events(fields_of("token_usage"))
    fresh = {ended.keys[2]: [2], ended.keys[0]: [3, 0]}
    (segment,) = event_segments([Part(0, ended, range(10, 14)), Part(4, old, [14])], fresh, [7, 2**64 - 1])
    rows = pa.table([pa.array(segment.columns[name]) for name in NAMED], names=list(NAMED)).to_pylist()
    assert [tuple(row.values()) for row in rows] == [("a", 2**64 - 1, 10), ("c", 7, 12), ("a", 2**64 - 1, 13)]


def test_without_new_events_there_are_no_segments() -> None:
    assert event_segments([Part(0, enriched_events(fields_of()), [7])], {}, []) == []


def test_an_event_has_its_identity_its_times_and_its_place() -> None:
    (segment,) = rows_of(enriched_events(fields_of(), received_at=AT_MS + 5), hash_=7, offset=42)
    assert first_row(segment) == {
        "agent_id": "a",
        "environment": "production",
        "conversation_id": "c",
        "conversation_hash": 7,
        "event_id": EVENT_ID,
        "occurred_at": AT_MS,
        "quarter_hour": AT_MS // 900_000,
        "received_at": AT_MS + 5,
        "invalid_fields": [],
        "metadata": None,
        "extra": None,
        "offset": 42,
        "type": "conversation_ended",
        "schema_version": 1,
    }


def test_what_is_not_known_of_a_conversation_is_unknown() -> None:
    ((fact, _),) = ConversationState(GAP).absorb(history_of(("silent", 0))).conversations
    row = row_of(NOTHING._replace(conversations=[(fact, 1)]))
    unknown = ("country_code", "region", "city", "device_class", "source_name", "language_code", "language_region")
    assert {row[name] for name in unknown} == {"unknown"}
    assert (row["latitude"], row["longitude"], row["customer"], row["verdict"]) == (None, None, None, None)
    assert (row["quarter_hour"], row["engaged_at"]) == (0, None)


def test_a_conversation_stands_at_the_quarter_hour_of_its_engagement() -> None:
    row = row_of(NOTHING._replace(conversations=[(ENGAGED, -1)]))
    assert (row["quarter_hour"], row["engaged_at"], row["sign"]) == (START // 900_000, START, -1)
    assert (row["customer"], row["city"], row["verdict"], row["escalated"]) == ("ann", "London", "positive", True)
    assert (row["conversation_id"], row["conversation_hash"]) == ("c", 5)


def test_a_language_without_a_region_has_an_unknown_one() -> None:
    profiled = ConversationState(GAP).absorb([enriched(fields_of("conversation_engaged", language="hr")).fold_event])
    row = row_of(profiled)
    assert (row["language_code"], row["language_region"]) == ("hr", "unknown")


def test_a_session_stands_at_the_quarter_hour_of_its_start() -> None:
    session = SessionFact(START + 900_000, START + 2_000_000, None, START + 2_000_000 + GAP, 2)
    row = row_of(NOTHING._replace(sessions=[(session, 1)]))
    assert row["quarter_hour"] == START // 900_000 + 1
    assert {name: row[name] for name in SessionFact._fields} == session._asdict()


def test_an_exchange_stands_at_the_quarter_hour_of_its_first_question() -> None:
    exchange = ExchangeFact(START, START + 900_000, None, START + 900_000 + GAP)
    row = row_of(NOTHING._replace(exchanges=[(exchange, -1)]))
    assert (row["quarter_hour"], row["sign"]) == (START // 900_000, -1)
    assert {name: row[name] for name in ExchangeFact._fields} == exchange._asdict()


def test_a_quarter_hour_names_its_customer() -> None:
    row = row_of(NOTHING._replace(end_user_activity=[((9, "ann"), 1)]))
    assert (row["quarter_hour"], row["customer"], row["sign"]) == (9, "ann", 1)


@pytest.mark.parametrize(
    ("value", "has_value"),
    [
        pytest.param(None, False, id="without a value"),
        pytest.param(b"", True, id="with an empty value"),
        pytest.param(b"\xff\x00", True, id="with any bytes"),
    ],
)
def test_a_dead_letter_keeps_its_record_as_it_came(value: bytes | None, has_value: bool) -> None:
    rows = FlushRows()
    record = KafkaRecord(offset=9, value=value, key=b"\xfe", headers=(("h", b"1"), ("h", None)))
    rows.add_dead_letter(
        DeadLetter(record, AT_MS, "broken_json", "value: broken", DeadLetterPolicy().keep(record)), ORIGIN
    )
    columns = segments_of(rows)["dead_letter"].columns
    assert {name: values[0] for name, values in columns.items()} == {
        "offset": 9,
        "origin_topic": "agent-events",
        "origin_partition": 3,
        "origin_log_epoch": 1,
        "origin_offset": 5,
        "status": "refused",
        "received_at": AT_MS,
        "reason_code": "broken_json",
        "reason": "value: broken",
        "raw": value,
        "has_value": has_value,
        "key": b"\xfe",
        "has_key": True,
        "headers": [("h", b"1"), ("h", None)],
        "storage": "full",
        "digest": "",
    }


def test_a_record_without_a_key_is_told_from_one_with_an_empty_key() -> None:
    rows = FlushRows()
    for key in (None, b""):
        record = KafkaRecord(key=key)
        kept = DeadLetterPolicy().keep(record)
        rows.add_dead_letter(DeadLetter(record, AT_MS, "broken_json", "value: broken", kept), ORIGIN)
    assert list(segments_of(rows)["dead_letter"].columns["has_key"]) == [False, True]


def test_a_letter_that_was_replayed_leaves_its_name_and_no_content() -> None:
    rows = FlushRows()
    rows.add_replayed(KafkaRecord(offset=9, value=b"{}", key=b"a/c", headers=(("h", b"1"),)), AT_MS, ORIGIN)
    (row,) = zip(*segments_of(rows)["dead_letter"].columns.values(), strict=True)
    assert row == (9, *ORIGIN, AT_MS, "replayed", "", "", None, False, None, False, [], "", "")


def test_each_kind_of_fact_has_a_segment_of_its_own() -> None:
    rows = FlushRows()
    rows.add_changes(KEY, 5, ConversationState(GAP).absorb(history_of(("user", 0), ("agent", 9), ("user", 20))))
    assert {kind: segment.length for kind, segment in segments_of(rows).items()} == {
        "conversation_fact": 1,
        "session_fact": 1,
        "exchange_fact": 2,
        "end_user_activity": 1,
    }


def test_a_flush_counts_its_events_by_type_its_repairs_and_what_it_takes_back() -> None:
    counted = {
        "convostream_events_total": {"type": "conversation_visited"},
        "convostream_invalid_fields_total": {"field": "language"},
        "convostream_corrections_total": {"kind": "session_fact"},
    }
    before = [REGISTRY.get_sample_value(name, labels) or 0 for name, labels in counted.items()]
    rows_of(enriched_events(fields_of("conversation_visited", language="?")))
    rows = FlushRows()
    session = SessionFact(START, START, None, START + GAP, 1)
    rows.add_changes(KEY, 5, NOTHING._replace(sessions=[(session, -1), (session._replace(activities=2), 1)]))
    rows.observe()
    after = [REGISTRY.get_sample_value(name, labels) or 0 for name, labels in counted.items()]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 1]
