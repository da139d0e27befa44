"""Records of the events topic as the steps see them, whatever client delivered them.

Records that are produced again carry headers: the origin, its time of receipt, and the dead letter that they replay.
Any producer can send such headers, so they count only if `pipeline/headers.py` has proved them.

Producers can choose a record's timestamp, too. An impossible one is replaced by the time when a worker first saw the
record, so that no producer writes into months of the future or the distant past.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple, Protocol

from stream_processors.conversations.values import CLOCK_TOLERANCE_MS, EARLIEST_TIME

ORIGIN_HEADER: Final = "convostream-origin"
RECEIVED_AT_HEADER: Final = "convostream-received-at"
DEAD_LETTER_HEADER: Final = "convostream-dead-letter"
UNKNOWN_TIME: Final = b"-1"  # as in Kafka


_ORIGIN: Final = re.compile(rb"([A-Za-z0-9._-]{1,249}):([0-9]{1,9}):([0-9]{1,18})")
# A topic's name and the numbers that Kafka allows, none longer than ClickHouse's integers hold.
_PLACE: Final = re.compile(rb"([A-Za-z0-9._-]{1,249}):([0-9]{1,9}):([0-9]{1,18}):([0-9]{1,18})")


class LogPosition(NamedTuple):
    """A position in a partition; offsets of different log epochs are unrelated."""

    topic: str
    partition: int
    log_epoch: int
    offset: int


class Record(Protocol):
    """The fields of a Kafka record that the steps read; `timestamp` is in milliseconds, -1 or None if there is none."""

    @property
    def partition(self) -> int: ...  # noqa: D102
    @property
    def offset(self) -> int: ...  # noqa: D102
    @property
    def timestamp(self) -> int | None: ...  # noqa: D102
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...  # noqa: D102


class KeptRecord(NamedTuple):
    """What is stored of a rejected record; `digest` is the keyed hash of a value that is not stored."""

    storage: Literal["full", "hashed", "dropped"]
    value: bytes | None
    key: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    digest: str = ""


class UnreadableBatch(NamedTuple):
    """A stand-in for the records of an unreadable batch: a record without key and value, with the reason."""

    partition: int
    offset: int
    timestamp: int | None
    reason: str
    key: bytes | None = None
    value: bytes | None = None
    headers: Sequence[tuple[str, bytes | None]] = ()


class DeadLetter(NamedTuple):
    """A record that violates the contract, the reason, and what is stored of it."""

    record: Record
    received_at: int
    code: str
    reason: str
    kept: KeptRecord


class Origin(NamedTuple):
    """The position of a record before a worker rerouted it."""

    topic: str
    partition: int
    offset: int

    def header(self) -> bytes:
        """Return the origin as a header value."""
        return ":".join(map(str, self)).encode()


def times_of_receipt(records: Sequence[Record], seen_at: int, proved: Mapping[int, int]) -> Sequence[int]:
    """Return the times of receipt of one or more records, in milliseconds.

    `seen_at` is when a worker first saw them; `proved` has the times of records with proved headers, by offset.
    """
    times = [record.timestamp or 0 for record in records]
    if min(times) < EARLIEST_TIME or max(times) > seen_at + CLOCK_TOLERANCE_MS:
        times = [time_of_receipt(seen_at, time) for time in times]
    return [proved.get(record.offset, time) for record, time in zip(records, times, strict=True)] if proved else times


def time_of_receipt(seen_at: int, *times: int | None) -> int:
    """Return the first plausible time of receipt, or else when the record was first seen."""
    possible = (time for time in times if time and EARLIEST_TIME <= time <= seen_at + CLOCK_TOLERANCE_MS)
    return next(possible, seen_at)


def named_origin(record: Record) -> Origin | None:
    """Return the origin that a record's headers name, proved or not."""
    named = [value for name, value in record.headers if name == ORIGIN_HEADER]
    found = _ORIGIN.fullmatch(named[0] or b"") if named else None
    return Origin(found[1].decode(), *map(int, found.groups()[1:])) if found else None


def replayed_letter(record: Record) -> LogPosition | None:
    """Return the position of the dead letter that a record claims to replay."""
    named = [value for name, value in record.headers if name == DEAD_LETTER_HEADER]
    found = _PLACE.fullmatch(named[-1] or b"") if named else None
    return LogPosition(found[1].decode(), *map(int, found.groups()[1:])) if found else None


def place_text(place: LogPosition) -> bytes:
    """Return a position in the form of the replay header."""
    return ":".join(map(str, place)).encode()
