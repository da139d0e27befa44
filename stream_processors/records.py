"""A record of the events topic as the steps see it, whatever client delivered it."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

ORIGIN_HEADER: Final = "convostream-origin"
RECEIVED_AT_HEADER: Final = "convostream-received-at"

EARLIEST_TIME: Final = 0  # 1970; a Kafka timestamp below is none
LATEST_TIME: Final = 10_413_532_799_999  # three days before ClickHouse's DateTime64 ends, for what follows from it


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


def received_at(record: Record) -> int | None:
    """Return when the record was received, in milliseconds: its origin's time if it was forwarded; None is unknown."""
    timestamp = record.timestamp
    if record.headers:
        timestamp = _forwarded_time(record.headers) or timestamp
    if timestamp is None or timestamp < EARLIEST_TIME:
        return None
    return min(timestamp, LATEST_TIME)


def _forwarded_time(headers: Sequence[tuple[str, bytes | None]]) -> int | None:
    for name, value in headers:
        if name == RECEIVED_AT_HEADER and value is not None and value.isdigit():
            return int(value[:16])
    return None
