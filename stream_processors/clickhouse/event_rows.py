"""The new events of a flush, as segments of its block, one per type. Times are epoch milliseconds."""

from collections.abc import Mapping, Sequence
from itertools import chain, compress
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stream_processors import metrics
from stream_processors.clickhouse.block import Segment, Values
from stream_processors.clickhouse.columns import TEXT
from stream_processors.conversations.key import ConversationKey
from stream_processors.conversations.values import QUARTER_HOUR_MS
from stream_processors.enrichment.enrich import OWN_COLUMNS, EnrichedEvents

EVENT_COLUMNS: Final = (
    "agent_id",
    "environment",
    "conversation_id",
    "conversation_hash",
    "event_id",
    "occurred_at",
    "quarter_hour",
    "received_at",
    "invalid_fields",
    "metadata",
    "extra",
    "offset",
    "type",
    "schema_version",
)
SCHEMA_VERSION: Final = 1
DROPPED: Final = -1

# The events of each conversation, by their index among all events of a batch, part after part.
Indices = Mapping[ConversationKey, Sequence[int]]


class Part(NamedTuple):
    """Events of one type that were enriched together, the index of the first, and the offsets of their records."""

    begin: int
    events: EnrichedEvents
    offsets: Sequence[int]


class Identities:
    """The columns that identify conversations, and the conversation of each event of a batch."""

    def __init__(self, fresh: Indices, hashes: Sequence[int], events: int) -> None:
        """Take the conversations with their hashes, in the same order, and the number of events of the batch."""
        self._names = [pa.array(names, type=TEXT) for names in zip(*fresh, strict=True)]
        self._hashes = np.array(hashes, dtype=np.uint64)
        self._numbers = np.full(events, DROPPED)
        lengths = [len(indices) for indices in fresh.values()]
        indices = np.fromiter(chain.from_iterable(fresh.values()), dtype=np.int64, count=sum(lengths))
        self._numbers[indices] = np.repeat(np.arange(len(lengths)), lengths)

    def of(self, part: Part) -> npt.NDArray[np.int64]:
        """Return the number of the conversation of each event of a part, DROPPED for events that make no rows."""
        return self._numbers[part.begin : part.begin + len(part.events)]

    def columns(self, numbers: npt.NDArray[np.int64]) -> list[Values]:
        """Return agent, environment, id and hash of conversations, given by number."""
        return [*(names.take(pa.array(numbers)) for names in self._names), pa.array(self._hashes[numbers])]


def event_segments(parts: Sequence[Part], fresh: Indices, hashes: Sequence[int]) -> list[Segment]:
    """Return the new events of a batch as segments; `fresh` has them by conversation, and `hashes` in its order."""
    if not fresh:
        return []
    by_type: dict[str, list[Part]] = {}
    for part in parts:
        by_type.setdefault(part.events.type, []).append(part)
    identities = Identities(fresh, hashes, sum(len(part.events) for part in parts))
    segments = [_segment(type_, same_type, identities) for type_, same_type in by_type.items()]
    return [segment for segment in segments if segment.length]


def _segment(type_: str, parts: Sequence[Part], identities: Identities) -> Segment:
    numbers = np.concatenate([identities.of(part) for part in parts])
    kept = numbers != DROPPED
    rows = int(kept.sum())

    def column(values: Sequence[Sequence[Any]]) -> list[Any]:
        """Return the values of all parts whose events make rows."""
        joined = chain.from_iterable(values)
        return list(joined if rows == len(kept) else compress(joined, kept))

    fold_events = column([part.events.fold_events for part in parts])
    times = np.array([event.occurred_at for event in fold_events], dtype=np.int64)
    invalid_fields = column([_invalid_fields(part.events) for part in parts])
    values = (
        *identities.columns(numbers[kept]),
        [event.event_id for event in fold_events],
        times,
        times // QUARTER_HOUR_MS,
        column([part.events.received_at for part in parts]),
        invalid_fields,
        column([part.events.metadata for part in parts]),
        column([part.events.extra for part in parts]),
        column([part.offsets for part in parts]),
        pa.repeat(pa.scalar(type_, TEXT), rows),
        pa.repeat(pa.scalar(SCHEMA_VERSION, pa.uint8()), rows),
        *(column(own) for own in zip(*(part.events.own for part in parts), strict=True)),
    )
    _count(type_, rows, invalid_fields)
    return Segment("event", rows, dict(zip((*EVENT_COLUMNS, *OWN_COLUMNS[type_]), values, strict=True)))


def _invalid_fields(events: EnrichedEvents) -> list[list[str]]:
    invalid_fields = [_NOTHING] * len(events)
    for index, fields in events.invalid_fields.items():
        invalid_fields[index] = fields
    return invalid_fields


_NOTHING: Final[list[str]] = []


def _count(type_: str, rows: int, invalid_fields: Sequence[Sequence[str]]) -> None:
    metrics.EVENTS.labels(type_).inc(rows)
    for field in chain.from_iterable(invalid_fields):
        metrics.INVALID_FIELDS.labels(field).inc()
