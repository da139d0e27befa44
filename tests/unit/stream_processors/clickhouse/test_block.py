"""The block of a flush: all rows of a kind become one row of one Arrow batch, each column the array of their values."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from sql.objects import schema_objects
from stream_processors.clickhouse.block import Block, Segment, arrow_stream, build_block, segments_of
from stream_processors.clickhouse.columns import (
    BYTES,
    COLUMN_TYPES,
    COUNT,
    FLAG,
    KIND_COLUMNS,
    NULLABLE,
    NUMBER,
    SMALL,
    TEXT,
    TEXTS,
    TIME,
)

OWNER: dict[str, str | int] = {
    "topic": "agent-events",
    "partition": 3,
    "log_epoch": 2**63,
    "owner_epoch": 7,
    "owner_id": "worker",
}
EVENTS = Segment(
    "event", 2, {"event_id": ["e1", "e2"], "occurred_at": [0, 1_712_052_000_123], "invalid_fields": [[], ["x"]]}
)
FACTS = Segment("session_fact", 1, {"sign": [-1], "activities": [5], "ended_at": [None]})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HEADERS = [("h", b"\x00"), ("h", b""), ("n", None)]
LETTERS = Segment(
    "dead_letter",
    1,
    {"raw": [b"\xff\x00"], "has_value": [True], "headers": [HEADERS]},
)


def read(block: Block) -> pa.Table:
    reader = pa.ipc.open_stream(block.data)
    batches = list(reader)
    assert len(batches) == 1
    return pa.Table.from_batches(batches)


def arrays_of(segments: Sequence[Segment]) -> dict[str, dict[str, object]]:
    """The arrays of each kind."""
    return {row["kind"]: row for row in read(build_block(segments, OWNER)).to_pylist()}


def one(kind: str, column: str, value: object) -> object:
    """What the block has of a single row with one value."""
    arrays = arrays_of([Segment(kind, 1, {column: [value]})])[kind][column]
    assert isinstance(arrays, list)
    (only,) = arrays
    return only


def test_each_kind_is_one_row_of_one_block() -> None:
    block = build_block([EVENTS, FACTS, LETTERS], OWNER)
    assert block.rows == 4
    assert read(block).column("kind").to_pylist() == ["event", "session_fact", "dead_letter"]
    assert tuple(read(block).column_names) == block.columns


def test_segments_of_a_kind_stand_in_their_order() -> None:
    more = Segment("event", 1, {"event_id": ["e3"], "content": ["hi"]})
    events = arrays_of([EVENTS, FACTS, more])["event"]
    assert events["event_id"] == ["e1", "e2", "e3"]
    assert events["content"] == ["", "", "hi"]


def test_a_column_that_a_kind_has_not_is_empty() -> None:
    kinds = arrays_of([EVENTS, FACTS, LETTERS])
    assert (kinds["event"]["sign"], kinds["session_fact"]["sign"], kinds["dead_letter"]["sign"]) == ([], [-1], [])
    assert (kinds["session_fact"]["raw"], kinds["dead_letter"]["raw"]) == ([], [b"\xff\x00"])


@pytest.mark.parametrize("kind", KIND_COLUMNS)
def test_the_columns_of_a_kind_are_all_there_and_of_one_length(kind: str) -> None:
    row = arrays_of([Segment(kind, 3, {})])[kind]
    lengths = {name: len(value) for name, value in row.items() if isinstance(value, list)}
    assert lengths == dict.fromkeys(KIND_COLUMNS[kind], 3)


@pytest.mark.parametrize("kind", KIND_COLUMNS)
def test_what_is_not_there_is_null_where_null_is_a_value_and_else_the_default(kind: str) -> None:
    row = arrays_of([Segment(kind, 1, {})])[kind]
    for name in KIND_COLUMNS[kind]:
        assert row[name] == [None] if name in NULLABLE else row[name] in ([""], [b""], [[]], [0], [EPOCH]), name


def test_a_null_among_values_is_the_default() -> None:
    columns = {"metadata": [None, "{}", None], "failed": [None, True, False], "sender": ["agent", None, None]}
    row = arrays_of([Segment("event", 3, columns)])["event"]
    assert (row["metadata"], row["failed"]) == (["", "{}", ""], [False, True, False])
    assert row["sender"] == ["agent", "", ""]


def test_every_row_names_the_owner_and_the_place_in_the_log() -> None:
    for row in arrays_of([EVENTS, FACTS, LETTERS]).values():
        assert {name: row[name] for name in OWNER} == OWNER


def test_columns_that_no_kind_has_are_left_out() -> None:
    columns = build_block([FACTS], OWNER).columns
    assert columns[:6] == ("kind", *OWNER)
    assert set(columns[6:]) == set(KIND_COLUMNS["session_fact"])


def test_headers_keep_their_order_and_their_bytes() -> None:
    assert arrays_of([LETTERS])["dead_letter"]["headers"] == [
        [{"1": "h", "2": b"\x00"}, {"1": "h", "2": b""}, {"1": "n", "2": None}]
    ]


def test_times_are_milliseconds_in_utc() -> None:
    column = read(build_block([EVENTS], OWNER)).column("occurred_at").combine_chunks().flatten()
    assert column.type == pa.timestamp("ms", tz="UTC")
    assert column.cast(pa.int64()).to_pylist() == [0, 1_712_052_000_123]


def test_a_hash_takes_all_of_its_64_bits() -> None:
    assert one("event", "conversation_hash", 2**64 - 1) == 2**64 - 1


@pytest.mark.parametrize("text", ["", "nul\x00inside", "\U0001f600", "\u202e", "'; DROP TABLE events; --"])
def test_any_text_comes_through(text: str) -> None:
    assert one("event", "content", text) == text


def test_the_same_rows_give_the_same_bytes() -> None:
    first, second = (build_block([EVENTS, FACTS, LETTERS], OWNER) for _ in range(2))
    assert first == second


def test_a_block_gives_its_rows_back_as_segments_that_make_the_same_block() -> None:
    messages = Segment("event", 1, {"event_id": ["e3"], "occurred_at": [5], "content": ["hi"], "invalid_fields": [[]]})
    block = build_block([EVENTS, messages, FACTS, LETTERS], OWNER)
    segments = segments_of(block)
    assert [(each.kind, each.length) for each in segments] == [("event", 3), ("session_fact", 1), ("dead_letter", 1)]
    events = segments[0].columns
    assert (events["event_id"], events["content"]) == (["e1", "e2", "e3"], ["", "", "hi"])
    assert (events["occurred_at"], events["invalid_fields"]) == ([0, 1_712_052_000_123, 5], [[], ["x"], []])
    assert build_block(segments, OWNER) == block


def test_a_stream_holds_its_batch() -> None:
    batch = pa.record_batch([pa.array([1, 2])], names=["a"])
    assert pa.ipc.open_stream(arrow_stream(batch)).read_all().to_pydict() == {"a": [1, 2]}


@pytest.mark.parametrize(
    ("column", "type_", "is_nullable"),
    [
        ("partition", SMALL, False),
        ("type", TEXT, False),
        ("schema_version", pa.uint8(), False),
        ("invalid_fields", TEXTS, False),
        ("started_at", TIME, True),
        ("latitude", NUMBER, True),
        ("failed", FLAG, False),
        ("prompt_tokens", COUNT, True),
        ("sign", pa.int32(), False),
        ("raw", BYTES, False),
        ("headers", pa.list_(pa.struct([("1", TEXT), ("2", BYTES)])), False),
        ("actions", pa.int64(), False),
    ],
)
def test_a_column_has_the_arrow_type_of_its_declaration(column: str, type_: pa.DataType, is_nullable: bool) -> None:
    assert (COLUMN_TYPES[column], column in NULLABLE) == (type_, is_nullable)


# The views that unfold one kind; activity_mv takes only what it counts.
VIEWS = {o.name: o.ddl for o in schema_objects() if "ARRAY JOIN" in o.ddl and o.name != "activity_mv"}


@pytest.mark.parametrize("text", VIEWS.values(), ids=VIEWS)
def test_a_view_takes_all_columns_of_its_kind(text: str) -> None:
    _, source, joined = re.split(r"\nFROM|\nARRAY JOIN", text[: text.rindex("COMMENT")])
    for kind in re.findall(r"'(\w+)'", source):
        assert set(re.findall(r"\w+", joined)) == set(KIND_COLUMNS[kind])
