"""The columns of `inbox` as Arrow types, and how segments of rows of one kind become one block.

A flush holds rows of several kinds and types, each with few of the columns. A segment is a run of such rows, column by
column; what it does not have is null, and ClickHouse puts its default there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

TEXT: Final = pa.string()
TIME: Final = pa.timestamp("ms", tz="UTC")
FLAG: Final = pa.bool_()
NUMBER: Final = pa.float64()
COUNT: Final = pa.uint64()
SMALL: Final = pa.uint32()
BYTES: Final = pa.binary()
TEXTS: Final = pa.list_(TEXT)

_TYPED: Final[dict[pa.DataType, str]] = {
    TEXT: (
        "kind agent_id environment conversation_id event_id type customer_id customer_ip_address device source"
        " language name sender content attachments action_name tools_used response error_message button_event label"
        " value rating comment rated_by model metadata extra customer country_code region city device_class"
        " source_name language_code language_region verdict call_name reason reason_code status topic"
        " origin_topic owner_id"
    ),
    TIME: (
        "occurred_at received_at started_at ended_at engaged_at visited_at first_end_user_message_at last_activity_at"
        " closes_at conversation_last_activity_at conversation_closes_at asked_at last_asked_at answered_at"
    ),
    FLAG: "has_public_address failed escalated escalation_failed has_value has_key",
    NUMBER: "duration_ms call_duration_ms latitude longitude",
    COUNT: (
        "prompt_tokens completion_tokens total_tokens embedding_tokens log_epoch offset origin_log_epoch origin_offset"
        " owner_epoch conversation_hash"
    ),
    SMALL: "partition origin_partition quarter_hour activities conversation_activities",
    BYTES: "raw key",
    pa.int32(): "sign",
    pa.int64(): "end_user_messages agent_messages actions buttons",
    pa.uint8(): "schema_version",
    TEXTS: "repaired",
    pa.list_(pa.struct([("1", TEXT), ("2", BYTES)])): "headers",
}

COLUMN_TYPES: Final[dict[str, pa.DataType]] = {name: kind for kind, names in _TYPED.items() for name in names.split()}

SENDER: Final = ("topic", "partition", "log_epoch", "owner_epoch", "owner_id")
"""What is the same in all rows of a block: who sends it, and of which log it is."""

Values: TypeAlias = "Sequence[object] | pa.Array"


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows of one kind: `length` of them, the values of each column that they have."""

    kind: str
    length: int
    columns: Mapping[str, Values]


@dataclass(frozen=True, slots=True)
class Block:
    """A flush as it is sent, the same bytes at every try: an Arrow stream of one record batch."""

    columns: tuple[str, ...]
    data: memoryview
    rows: int


def build_block(segments: Sequence[Segment], constants: Mapping[str, str | int]) -> Block:
    """Return one block of all segments for the inbox; `constants` hold the same value in every row."""
    pa.default_memory_pool().release_unused()  # else Arrow keeps what the block before took
    kinds = [pa.repeat(pa.scalar(segment.kind, TEXT), segment.length) for segment in segments]
    columns, data = build_columns(segments, constants, kind=pa.concat_arrays(kinds))
    return Block(columns, data, sum(segment.length for segment in segments))


def build_columns(
    segments: Sequence[Segment], constants: Mapping[str, str | int], **more: pa.Array
) -> tuple[tuple[str, ...], memoryview]:
    """Return the columns that the segments have, the constants and more ready ones, and all of it as a stream."""
    present = {name for segment in segments for name in segment.columns}
    rows = sum(segment.length for segment in segments)
    arrays = {
        **more,
        **{name: pa.repeat(pa.scalar(value, COLUMN_TYPES[name]), rows) for name, value in constants.items()},
        **{name: _column(name, segments) for name in COLUMN_TYPES if name in present},
    }
    names = tuple(arrays)
    batch = pa.record_batch(list(arrays.values()), names=names)
    arrays.clear()  # the stream is a copy of what takes most of a flush's memory
    more.clear()
    return names, arrow_stream(batch)


def segments_of(block: Block) -> list[Segment]:
    """Return the rows of a block as segments, one a kind, without the columns that say who sent them from where."""
    table = pa.ipc.open_stream(block.data).read_all()
    kinds = table.column("kind")
    return [_segment_of(kind, table.filter(pc.equal(kinds, kind))) for kind in pc.unique(kinds).to_pylist()]


def _segment_of(kind: str, rows: pa.Table) -> Segment:
    columns = {name: rows.column(name) for name in rows.column_names if name not in ("kind", *SENDER)}
    told = {name: _values(column) for name, column in columns.items() if column.null_count < len(rows)}
    return Segment(kind, len(rows), told)


def _values(column: pa.ChunkedArray) -> list[object]:
    values: list[object] = (column.cast(pa.int64()) if column.type == TIME else column).to_pylist()
    return values


def _column(name: str, segments: Sequence[Segment]) -> pa.Array:
    kind = COLUMN_TYPES[name]
    return pa.concat_arrays(
        [
            _array(segment.columns[name], kind) if name in segment.columns else pa.nulls(segment.length, kind)
            for segment in segments
        ]
    )


def _array(values: Values, kind: pa.DataType) -> pa.Array:
    if kind == TIME:  # read as integers, which takes half as long
        return pa.array(values, type=pa.int64()).cast(TIME)
    return _lists(values) if kind == TEXTS else pa.array(values, type=kind)


def _lists(values: Any) -> pa.Array:
    """Return lists of texts, most of them empty, in a fraction of the time that Arrow takes for it."""
    ends = np.fromiter(accumulate(map(len, values), initial=0), dtype=np.int32, count=len(values) + 1)
    return pa.ListArray.from_arrays(ends, pa.array(list(chain.from_iterable(values)), type=TEXT))


def arrow_stream(batch: pa.RecordBatch) -> memoryview:
    """Return a record batch as an Arrow stream, ClickHouse's format ArrowStream."""
    size = pa.MockOutputStream()
    _write(batch, size)
    data = pa.allocate_buffer(size.size())  # a stream that grows takes up to twice its memory
    _write(batch, pa.FixedSizeBufferWriter(data))
    return memoryview(data)


def _write(batch: pa.RecordBatch, sink: pa.NativeFile) -> None:
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
