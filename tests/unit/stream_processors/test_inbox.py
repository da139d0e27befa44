"""The block of a flush: segments of several kinds become one Arrow batch, with nulls where they have no column."""

import re
from collections.abc import Sequence

import pyarrow as pa
import pytest

from stream_processors.inbox import COLUMN_TYPES, Block, Segment, arrow_stream, build_block, segments_of
from tests.unit.packaging.project import ROOT

OWNER: dict[str, str | int] = {
    "topic": "agent-events",
    "partition": 3,
    "log_epoch": 2**63,
    "owner_epoch": 7,
    "owner_id": "worker",
}
EVENTS = Segment("event", 2, {"event_id": ["e1", "e2"], "occurred_at": [0, 1_712_052_000_123], "repaired": [[], ["x"]]})
FACTS = Segment("session_fact", 1, {"sign": [-1], "activities": [5], "ended_at": [None]})
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


def rows_of(segments: Sequence[Segment]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = read(build_block(segments, OWNER)).to_pylist()
    return rows


def told(row: dict[str, object]) -> dict[str, object]:
    """What a row has; a null stands for the default."""
    return {name: value for name, value in row.items() if value is not None}


def test_rows_of_all_segments_stand_in_one_block_in_their_order() -> None:
    block = build_block([EVENTS, FACTS, LETTERS], OWNER)
    assert block.rows == 4
    assert read(block).column("kind").to_pylist() == ["event", "event", "session_fact", "dead_letter"]
    assert tuple(read(block).column_names) == block.columns


def test_a_column_that_a_segment_has_not_is_null_in_its_rows() -> None:
    events, facts, letters = rows_of([EVENTS, FACTS, LETTERS])[1:]
    assert (events["event_id"], facts["event_id"], letters["event_id"]) == ("e2", None, None)
    assert (events["sign"], facts["sign"], letters["sign"]) == (None, -1, None)
    assert (events["raw"], facts["raw"], letters["raw"]) == (None, None, b"\xff\x00")
    assert (events["repaired"], facts["repaired"]) == (["x"], None)


def test_every_row_names_the_owner_and_the_place_in_the_log() -> None:
    for row in rows_of([EVENTS, FACTS, LETTERS]):
        assert {name: row[name] for name in OWNER} == OWNER


def test_columns_that_no_segment_has_are_left_out() -> None:
    assert build_block([FACTS], OWNER).columns == ("kind", *OWNER, "ended_at", "activities", "sign")


def test_headers_keep_their_order_and_their_bytes() -> None:
    assert rows_of([LETTERS])[0]["headers"] == [
        {"1": "h", "2": b"\x00"},
        {"1": "h", "2": b""},
        {"1": "n", "2": None},
    ]


def test_times_are_milliseconds_in_utc() -> None:
    column = read(build_block([EVENTS], OWNER)).column("occurred_at")
    assert column.type == pa.timestamp("ms", tz="UTC")
    assert column.cast(pa.int64()).to_pylist() == [0, 1_712_052_000_123]


def test_a_hash_takes_all_of_its_64_bits() -> None:
    assert rows_of([Segment("event", 1, {"conversation_hash": [2**64 - 1]})])[0]["conversation_hash"] == 2**64 - 1


@pytest.mark.parametrize("text", ["", "nul\x00inside", "\U0001f600", "\u202e", "'; DROP TABLE events; --"])
def test_any_text_comes_through(text: str) -> None:
    assert rows_of([Segment("event", 1, {"content": [text]})])[0]["content"] == text


def test_the_same_rows_give_the_same_bytes() -> None:
    first, second = (build_block([EVENTS, FACTS, LETTERS], OWNER) for _ in range(2))
    assert first == second


def test_a_block_gives_its_rows_back_as_segments_that_make_the_same_rows() -> None:
    messages = Segment("event", 1, {"event_id": ["e3"], "occurred_at": [5], "content": ["hi"], "repaired": [[]]})
    block = build_block([EVENTS, messages, FACTS, LETTERS], OWNER)
    segments = segments_of(block)
    assert [(each.kind, each.length) for each in segments] == [("event", 3), ("session_fact", 1), ("dead_letter", 1)]
    assert segments[0].columns == {
        "event_id": ["e1", "e2", "e3"],
        "content": [None, None, "hi"],
        "occurred_at": [0, 1_712_052_000_123, 5],
        "repaired": [[], ["x"], []],
    }
    assert set(segments[1].columns) == {"sign", "activities"}
    assert list(map(told, rows_of(segments))) == list(map(told, read(block).to_pylist()))


def test_a_stream_holds_its_batch() -> None:
    batch = pa.record_batch([pa.array([1, 2])], names=["a"])
    assert pa.ipc.open_stream(arrow_stream(batch)).read_all().to_pydict() == {"a": [1, 2]}


def test_every_column_is_one_of_the_table() -> None:
    declared = re.findall(r"^    (\w+) \S.* COMMENT", (ROOT / "sql/tables/inbox.sql").read_text(), re.MULTILINE)
    assert {*COLUMN_TYPES, "kind"} - set(declared) == set()
