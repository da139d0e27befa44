"""Ranges of offsets, and where a partition starts, decided from its latest range and the bounds of its log.

Pure decisions without clients: `resolve_start` says where to start, `ReadBatch.ends` whether the first records read
show that the log is the same one. Offsets are Kafka's. A log epoch is a number that grows whenever the log turns out
to be a different one.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from stream_processors.conversations.values import LATEST_TIME


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Identifies a record at an offset: its time in milliseconds and a hash of its bytes."""

    time: int
    hash: int

    @classmethod
    def of(cls, timestamp: int | None, key: bytes | None, value: bytes | None) -> Self:
        """Return the fingerprint of a record."""
        digest = hashlib.blake2b(key or b"", digest_size=8)
        digest.update(value or b"")
        return cls(min(max(0, timestamp or 0), LATEST_TIME), int.from_bytes(digest.digest(), "little"))


class Proof(NamedTuple):
    """A record whose headers were found true: its offset, its time of receipt, and whether it replays a dead letter."""

    offset: int
    received_at: int
    is_replay: bool


@dataclass(frozen=True, slots=True)
class Range:
    """A flush in the range log: the offsets `first` to `last`, both included.

    `partitions` is the topic's partition count when its `rows` were prepared. `seen_at` is the worker's time when it
    first saw the records, in milliseconds; `proofs` are the headers that were found true then. A replay takes both from
    here, so that it prepares the same rows whatever the clock, Kafka and ClickHouse say later.
    """

    topic: str
    partition: int
    log_epoch: int
    first: int
    last: int
    rows: int
    partitions: int
    fold_version: str
    last_record: Fingerprint
    confirmed: bool = False
    seen_at: int = 0
    proofs: tuple[Proof, ...] = ()

    @property
    def token(self) -> str:
        """The deduplication token of the flush's block in ClickHouse."""
        return f"{self.topic}:{self.partition}:{self.log_epoch}:{self.first}-{self.last}"

    @property
    def log(self) -> dict[str, str | int]:
        """The log of the range, by column names in ClickHouse."""
        return {"topic": self.topic, "partition": self.partition, "log_epoch": self.log_epoch}

    @property
    def offsets(self) -> dict[str, int]:
        """The bounds of the range, by column names in ClickHouse."""
        return {"first": self.first, "last": self.last}


@dataclass(frozen=True, slots=True)
class ReadBatch:
    """Records that were read: the offsets `first` to `last`, both included, and the fingerprint of the last one.

    `is_over_budget` says that the cached conversations leave no room; `seen_at` is the time, in milliseconds.
    """

    first: int
    last: int
    last_record: Fingerprint
    is_over_budget: bool = False
    seen_at: int = 0

    def ends(self, known: Range) -> bool:
        """Tell whether the last record is the one that ended a range."""
        return self.last == known.last and self.last_record == known.last_record


@dataclass(frozen=True, slots=True)
class Start:
    """Where to start to read, and what to do with the records that are read first.

    `replay` is a range to be sent again, byte for byte, or only to be compared with the tables if it
    `was_partly_written`. `verify` is a range whose last record, read first, must be unchanged. `log_may_be_truncated`
    says that the log seems to end before it; an embedded broker may report this of an intact log. `lost` counts the
    offsets that Kafka's retention removed before they were read. `partially_expired` is an unconfirmed range of which
    Kafka has not kept all records: ClickHouse decides whether it was written, and the rest of it is replayed.
    """

    log_epoch: int
    offset: int
    replay: Range | None = None
    verify: Range | None = None
    log_may_be_truncated: bool = False
    lost: int = 0
    partially_expired: Range | None = None
    was_partly_written: bool = False
    is_new_log: bool = False


def resolve_start(latest: Range | None, log_start: int, log_end: int) -> Start:
    """Decide where a partition starts; `log_start` and `log_end` are its first offset and the one after its last."""
    if latest is None:
        return Start(log_epoch=1, offset=log_start)
    log_may_be_truncated = log_end <= latest.last
    if not latest.confirmed and log_start <= latest.first:
        return Start(latest.log_epoch, latest.first, replay=latest, log_may_be_truncated=log_may_be_truncated)
    if not latest.confirmed:
        return Start(latest.log_epoch, max(log_start, latest.last + 1), partially_expired=latest)
    if log_start <= latest.last:
        return Start(latest.log_epoch, latest.last, verify=latest, log_may_be_truncated=log_may_be_truncated)
    return Start(latest.log_epoch, log_start, lost=log_start - latest.last - 1)


def resume_after_expiry(partially_expired: Range, log_start: int, log_end: int, was_partly_written: bool) -> Start:
    """Decide where to start after a range of which Kafka no longer has all records, by whether it was written."""
    following = partially_expired.last + 1 if was_partly_written else partially_expired.first
    lost = max(0, log_start - following)
    if log_start > partially_expired.last:
        return Start(partially_expired.log_epoch, log_start, lost=lost)
    return Start(
        partially_expired.log_epoch,
        log_start,
        replay=replace(partially_expired, first=log_start),
        log_may_be_truncated=log_end <= partially_expired.last,
        lost=lost,
        partially_expired=partially_expired,
        was_partly_written=was_partly_written,
    )


def start_new_epoch(latest: Range, log_start: int) -> Start:
    """Decide where to start when another record is at a range's last offset: in a new log epoch, at its start."""
    return Start(log_epoch=latest.log_epoch + 1, offset=log_start, is_new_log=True)
