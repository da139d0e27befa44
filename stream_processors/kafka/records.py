"""A record of the events topic as the steps see it, whatever client delivered it.

Headers of ours travel with records that are produced again: where a record came from, when that was received, and
which dead letter it replays. Anybody can send them: they count only where `proofs.py` has found them to be true.

Producers may choose a record's timestamp, too. One that cannot be true is replaced by the time when a worker first saw
the record, so that no producer writes into months that are not there yet or long gone.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple, Protocol

from stream_processors.conversations.values import CLOCK_TOLERANCE_MS, EARLIEST_TIME

ORIGIN_HEADER: Final = "convostream-origin"
RECEIVED_AT_HEADER: Final = "convostream-received-at"
DEAD_LETTER_HEADER: Final = "convostream-dead-letter"
UNKNOWN_TIME: Final = b"-1"  # as Kafka says it


_ORIGIN: Final = re.compile(rb"([A-Za-z0-9._-]{1,249}):([0-9]{1,9}):([0-9]{1,18})")
# A topic's name and the numbers that Kafka allows, none longer than ClickHouse's integers hold.
_PLACE: Final = re.compile(rb"([A-Za-z0-9._-]{1,249}):([0-9]{1,9}):([0-9]{1,18}):([0-9]{1,18})")


class LogPosition(NamedTuple):
    """A place in the history of a partition; offsets of different log epochs have nothing to do with each other."""

    topic: str
    partition: int
    log_epoch: int
    offset: int


class Record(Protocol):
    """What the steps read of a Kafka record; `timestamp` is in milliseconds, -1 or None when there is none."""

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
    """What is stored of a refused record; `digest` is the keyed hash of its value where the value itself is not."""

    storage: Literal["full", "hashed", "dropped"]
    value: bytes | None
    key: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    digest: str = ""


class UnreadableBatch(NamedTuple):
    """Stands for the records of a batch that no client can read: a record without key and value, and why."""

    partition: int
    offset: int
    timestamp: int | None
    reason: str
    key: bytes | None = None
    value: bytes | None = None
    headers: Sequence[tuple[str, bytes | None]] = ()


class DeadLetter(NamedTuple):
    """A record that the contract refuses, why, and what is stored of it."""

    record: Record
    received_at: int
    code: str
    reason: str
    kept: KeptRecord


class Origin(NamedTuple):
    """Where a record lay that a worker has forwarded."""

    topic: str
    partition: int
    offset: int

    def header(self) -> bytes:
        """Return the value of the header that names it."""
        return ":".join(map(str, self)).encode()


def times_of_receipt(records: Sequence[Record], seen_at: int, proved: Mapping[int, int]) -> Sequence[int]:
    """Return when some records, at least one, were received, in milliseconds.

    `seen_at` is when a worker first saw them; `proved` are the times of those whose headers were found true, by offset.
    """
    times = [record.timestamp or 0 for record in records]
    if min(times) < EARLIEST_TIME or max(times) > seen_at + CLOCK_TOLERANCE_MS:
        times = [time_of_receipt(seen_at, time) for time in times]
    return [proved.get(record.offset, time) for record, time in zip(records, times, strict=True)] if proved else times


def time_of_receipt(seen_at: int, *times: int | None) -> int:
    """Return the first of some times that can be one of receipt; else when the record was first seen."""
    possible = (time for time in times if time and EARLIEST_TIME <= time <= seen_at + CLOCK_TOLERANCE_MS)
    return next(possible, seen_at)


def named_origin(record: Record) -> Origin | None:
    """Return the origin that a record's headers name, whether it is there or not."""
    named = [value for name, value in record.headers if name == ORIGIN_HEADER]
    found = _ORIGIN.fullmatch(named[0] or b"") if named else None
    return Origin(found[1].decode(), *map(int, found.groups()[1:])) if found else None


def replayed_letter(record: Record) -> LogPosition | None:
    """Return the dead letter that a record says to replay: the place where it was refused first."""
    named = [value for name, value in record.headers if name == DEAD_LETTER_HEADER]
    found = _PLACE.fullmatch(named[-1] or b"") if named else None
    return LogPosition(found[1].decode(), *map(int, found.groups()[1:])) if found else None


def place_text(place: LogPosition) -> bytes:
    """Return a place as the header of a replay holds it."""
    return ":".join(map(str, place)).encode()
