"""Compute what ClickHouse must hold after a round, from the logs that were read and the workers' range log.

All records of the last log count as delivered. Of an earlier log, which the embedded broker lost or which was deleted
with its topic, the records count up to the last written range. Of a range in progress those count that are stored,
even if a later owner has closed the range. Other records were lost with their log, and no worker can know of them.

After partitions were added, a conversation has had several partitions, and the logs do not show which of two records
with one id came first. The stored one is taken as the first.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Final

import orjson
from aiokafka.partitioner import murmur2

from tests.faults.fault_stack import FaultStack
from tests.faults.log import LogContents, RecordPosition, StoredRecord
from tests.oracle import DeadLetter, Event, History, Record, read_record
from tests.oracle.events import received_at
from tests.support.stack.harness import history

CONVERSATION: Final = ("agent_id", "conversation_id", "environment")
ORIGIN: Final = "convostream-origin"

# The writer of a range confirms that it is written; a later owner with another log, that it is closed.
_RANGES_SQL: Final = (
    "SELECT partition, log_epoch, first, last, max(written) AS sure, toUnixTimestamp64Milli(any(time)) AS at,"
    " toUnixTimestamp64Milli(argMax(seen, owner_epoch)) AS seen_ms FROM"
    " (SELECT partition, log_epoch, first, last, owner_epoch, any(last_record_time) AS time, max(seen_at) AS seen,"
    " min(confirmed) = 0 AND max(confirmed) = 1 AS written FROM ranges WHERE topic = {topic:String}"
    " GROUP BY partition, log_epoch, first, last, owner_epoch)"
    " GROUP BY partition, log_epoch, first, last ORDER BY partition, log_epoch, first"
)

_PLACE: Final = "SELECT partition, log_epoch, offset FROM"
_STORED_SQL: Final = f"{_PLACE} events WHERE topic = {{topic:String}}"
_FOUND_SQL: Final = f"{_STORED_SQL} UNION ALL {_PLACE} dead_letter_records WHERE topic = {{topic:String}}"

# A partition and a log epoch of it.
Epoch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Range:
    """A range of the range log, ordered by partition and epoch; `seen_at` is the value that workers keep there."""

    first: int
    last: int
    is_confirmed: bool
    time: int
    seen_at: int


@dataclass(frozen=True, slots=True)
class ExpectedState:
    """The delivered records as history, the dead letters by log and position, and misrouted records without a copy."""

    history: History
    dead_letters: dict[tuple[int, RecordPosition], StoredRecord]
    epochs: dict[Epoch, int]
    not_rerouted: list[RecordPosition]
    lost: int


def compute_expected_state(stack: FaultStack) -> ExpectedState:
    """Return the expected state; the last log has been read."""
    ranges = _ranges(stack)
    epochs: dict[Epoch, int] = {}
    for epoch, written in ranges.items():
        if (number := _log_of(epoch, written, stack.logs)) is not None:
            epochs[epoch] = number
    found = set(_positions(stack, _FOUND_SQL))
    delivered = _DeliveredRecords(_FirstSeenTimes(epochs, ranges), stack.erased)
    for number, log in enumerate(stack.logs[:-1]):
        reached = _reached(number, epochs, ranges, found)
        written_offsets = {
            place: kept for place, kept in log.items() if reached.get(place[0], _NOTHING).covers(place[1])
        }
        delivered.take(number, written_offsets, stack.partition_counts[number])
        delivered.lost += len(log) - len(written_offsets)
    delivered.misrouted.clear()  # whose copies may have been lost with the log
    delivered.take(len(stack.logs) - 1, stack.logs[-1], stack.partition_counts[-1])
    stored = {(epochs[p, e], (p, o)) for p, e, o in _positions(stack, _STORED_SQL) if (p, e) in epochs}
    known = history(delivered.in_order(stored))
    ids = {(*event.key, event.event_id) for event in known.events}
    not_rerouted = [place for place, event in delivered.misrouted if (*event.key, event.event_id) not in ids]
    return ExpectedState(known, delivered.dead_letters, epochs, not_rerouted, delivered.lost)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A record that was delivered from one of the logs, and its event."""

    log: int
    record: Record
    event: Event

    @property
    def identity(self) -> tuple[int, object]:
        """The log, conversation and event id, which identify an event."""
        return self.log, (*self.event.key, self.event.event_id)

    @property
    def place(self) -> RecordPosition:
        """The partition and offset of the record."""
        return self.record.partition, self.record.offset


@dataclass(slots=True)
class _DeliveredRecords:
    """Delivered records, sorted into events, dead letters and misrouted ones."""

    first_seen: "_FirstSeenTimes"
    erased: Set[tuple[str, str, str]]
    records: list[Delivered] = field(default_factory=list)
    dead_letters: dict[tuple[int, RecordPosition], StoredRecord] = field(default_factory=dict)
    misrouted: list[tuple[RecordPosition, Event]] = field(default_factory=list)
    lost: int = 0

    def take(self, number: int, log: LogContents, counts: Sequence[int]) -> None:
        """Add the delivered records of a log; a misrouted record counts by its copy."""
        for place in sorted(log):
            record = self.first_seen.record(number, log, place)
            read = read_record(record)
            if self._is_erased(read):
                continue
            if isinstance(read, DeadLetter):
                self.dead_letters[number, place] = log[place]
            elif place[0] in partitions_of(read, counts):
                self.records.append(Delivered(number, record, read))
            else:
                self.misrouted.append((place, read))

    def _is_erased(self, read: Event | DeadLetter) -> bool:
        """Return whether a record is of an erased conversation, which invalid records name in their body or key."""
        if isinstance(read, Event):
            return read.key in self.erased
        body, key = body_of(read.record.value), read.record.key
        agent_id, conversation_id, environment = (body.get(name) for name in CONVERSATION)
        if isinstance(agent_id, str) and isinstance(conversation_id, str | int):
            key = f"{agent_id}/{conversation_id}".encode()
        if body and environment is None:
            environment = "production"
        is_known = isinstance(environment, str) and bool(environment.strip())
        return any(
            key == f"{agent}/{conversation}".encode() and (own == environment or not is_known)
            for agent, own, conversation in self.erased
        )

    def in_order(self, stored: Set[tuple[int, RecordPosition]]) -> list[Record]:
        """Return the records in their order of arrival, log by log."""
        partitions: defaultdict[tuple[int, object], set[int]] = defaultdict(set)
        for each in self.records:
            partitions[each.identity].add(each.record.partition)

        def came_later(each: Delivered) -> bool:
            return len(partitions[each.identity]) > 1 and (each.log, each.place) not in stored

        return [each.record for each in sorted(self.records, key=lambda each: (each.log, came_later(each)))]


def body_of(value: bytes | None) -> dict[str, object]:
    """Return the JSON object of a record; empty if it holds none."""
    try:
        body = orjson.loads(value or b"")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def partitions_of(event: Event, counts: Sequence[int]) -> set[int]:
    """Return the partitions that a conversation had while the topic had these partition counts."""
    hashed: int = murmur2(f"{event.key[0]}/{event.key[2]}".encode())
    return {(hashed & 0x7FFFFFFF) % partitions for partitions in counts}


@dataclass(frozen=True, slots=True)
class _Reached:
    """The written offsets of a partition of an earlier log."""

    last: int
    further: frozenset[int]

    def covers(self, offset: int) -> bool:
        return offset <= self.last or offset in self.further


_NOTHING: Final = _Reached(-1, frozenset())


def _reached(
    number: int, epochs: Mapping[Epoch, int], ranges: Mapping[Epoch, list[Range]], found: set[tuple[int, int, int]]
) -> dict[int, _Reached]:
    reached: dict[int, _Reached] = {}
    for (partition, epoch), log in epochs.items():
        if log == number:
            *before, latest = ranges[partition, epoch]
            last = max([-1, *(each.last for each in (before if not latest.is_confirmed else [*before, latest]))])
            further = frozenset(o for p, e, o in found if (p, e) == (partition, epoch) and o > last)
            if partition not in reached or reached[partition].last < last:
                reached[partition] = _Reached(last, further)
    return reached


def _log_of(epoch: Epoch, ranges: list[Range], logs: list[LogContents]) -> int | None:
    """Return the index of the log that an epoch's ranges describe: the one with matching record times."""
    matches = [
        sum((kept := log.get((epoch[0], each.last))) is not None and (kept.time or 0) == each.time for each in ranges)
        for log in logs
    ]
    best = max(matches)
    return matches.index(best) if best else None


def _positions(stack: FaultStack, query: str) -> Iterator[tuple[int, int, int]]:
    for partition, epoch, offset in stack.rows(query, topic=stack.topic):
        yield int(str(partition)), int(str(epoch)), int(str(offset))


def _ranges(stack: FaultStack) -> dict[Epoch, list[Range]]:
    found: dict[Epoch, list[Range]] = defaultdict(list)
    for partition, epoch, first, last, sure, at, seen_at in stack.rows(_RANGES_SQL, topic=stack.topic):
        place = int(str(partition)), int(str(epoch))
        found[place].append(Range(int(str(first)), int(str(last)), bool(sure), int(str(at)), int(str(seen_at))))
    return found


class _FirstSeenTimes:
    """The times at which workers first saw records, by the ranges of each log."""

    def __init__(self, epochs: Mapping[Epoch, int], ranges: Mapping[Epoch, list[Range]]) -> None:
        self._ranges = [(log, epoch[0], ranges[epoch]) for epoch, log in epochs.items()]

    def record(self, number: int, log: LogContents, place: RecordPosition) -> Record:
        """Return a record as it was delivered; a copy has the time of its origin if that is in the log."""
        kept = log[place]
        origin = next((where for name, value in kept.headers if name == ORIGIN and (where := _place(value))), None)
        if origin in log and log[origin].value == kept.value:
            first = Record(kept.value, log[origin].time, seen_at=self._seen_at(number, origin))
            return Record(kept.value, received_at(first), *place, key=kept.key)
        return Record(kept.value, kept.time, *place, key=kept.key, seen_at=self._seen_at(number, place))

    def _seen_at(self, number: int, place: RecordPosition) -> int:
        """Return when a record was first seen; 0 if its flush was lost with its log."""
        return max(
            (
                each.seen_at
                for log, partition, ranges in self._ranges
                if (log, partition) == (number, place[0])
                for each in ranges
                if each.first <= place[1] <= each.last
            ),
            default=0,
        )


def _place(origin: bytes) -> RecordPosition | None:
    found = re.fullmatch(rb"[^:]+:(\d{1,9}):(\d{1,18})", origin)
    return (int(found[1]), int(found[2])) if found else None
