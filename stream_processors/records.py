"""A record of the events topic as the steps see it, whatever client delivered it.

Headers of ours travel with records that are produced again: where a record came from, when that was received, and
which dead letter it replays. Anybody can send them, so what they say is checked or harmless.
"""

import re
from collections.abc import Sequence
from operator import attrgetter
from typing import Final, NamedTuple, Protocol

from stream_processors.positions import LogPosition

ORIGIN_HEADER: Final = "convostream-origin"
RECEIVED_AT_HEADER: Final = "convostream-received-at"
DEAD_LETTER_HEADER: Final = "convostream-dead-letter"
UNKNOWN_TIME: Final = b"-1"  # as Kafka says it

EARLIEST_TIME: Final = 0  # 1970; a Kafka timestamp below is none
LATEST_TIME: Final = 10_413_532_799_999  # three days before ClickHouse's DateTime64 ends, for what follows from it

# A topic's name and the numbers that Kafka allows, none longer than ClickHouse's integers hold.
_PLACE: Final = re.compile(rb"([A-Za-z0-9._-]{1,249}):([0-9]{1,9}):([0-9]{1,18}):([0-9]{1,18})")


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


class DeadLetter(NamedTuple):
    """A record that the contract refuses, and why."""

    record: Record
    received_at: int
    code: str
    reason: str


def times_of_receipt(records: Sequence[Record]) -> Sequence[int | None]:
    """Return `received_at` of some records, at least one."""
    times = [record.timestamp or -1 for record in records]
    if min(times) < EARLIEST_TIME or max(times) > LATEST_TIME or any(map(_headers, records)):
        return list(map(received_at, records))
    return times


_headers: Final = attrgetter("headers")


def received_at(record: Record) -> int | None:
    """Return when the record was received, in milliseconds: its origin's time if it was forwarded; None is unknown."""
    timestamp = record.timestamp
    if record.headers and (forwarded := _forwarded_time(record.headers)) is not None:
        timestamp = forwarded
    if timestamp is None or timestamp < EARLIEST_TIME:
        return None
    return min(timestamp, LATEST_TIME)


def _forwarded_time(headers: Sequence[tuple[str, bytes | None]]) -> int | None:
    for name, value in headers:
        if name == RECEIVED_AT_HEADER and value is not None and (value.isdigit() or value == UNKNOWN_TIME):
            return int(value[:16])
    return None


def replayed_letter(record: Record) -> LogPosition | None:
    """Return the dead letter that a record says to replay: the place where it was refused first."""
    named = [value for name, value in record.headers if name == DEAD_LETTER_HEADER]
    found = _PLACE.fullmatch(named[-1] or b"") if named else None
    return LogPosition(found[1].decode(), *map(int, found.groups()[1:])) if found else None


def place_text(place: LogPosition) -> bytes:
    """Return a place as the header of a replay holds it."""
    return ":".join(map(str, place)).encode()
