"""What has to be in ClickHouse after a round, from the logs as they were and what the ranges say of logs that are gone.

The last log is there: all of it is delivered. Of a log that is gone, lost with the memory of the embedded broker or
deleted with its topic, the records count as delivered up to the last range that landed; of a range that was under way
those count that are found, also when a later owner has marked it as done with. What had not landed was lost with the
log, and no worker can know of it.

When partitions were added, a conversation has had several homes, and the logs do not tell which of two records of one
id came first: of those the stored one did.
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

# Whoever wrote a range confirms that it landed; a later owner, whose log is another one, that it is done with.
_RANGES_SQL: Final = (
    "SELECT partition, log_epoch, first, last, max(landed) AS sure, toUnixTimestamp64Milli(any(time)) AS at,"
    " toUnixTimestamp64Milli(argMax(seen, owner_epoch)) AS seen_ms FROM"
    " (SELECT partition, log_epoch, first, last, owner_epoch, any(last_record_time) AS time, max(seen_at) AS seen,"
    " min(confirmed) = 0 AND max(confirmed) = 1 AS landed FROM ranges WHERE topic = {topic:String}"
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
    """A range as the range log has it, in the order of its partition and epoch; `seen_at` as workers keep it there."""

    first: int
    last: int
    is_confirmed: bool
    time: int
    seen_at: int


@dataclass(frozen=True, slots=True)
class ExpectedState:
    """The delivered records: what they amount to, the dead letters by life and place, and strays without a copy."""

    history: History
    dead_letters: dict[tuple[int, RecordPosition], StoredRecord]
    epochs: dict[Epoch, int]
    not_rerouted: list[RecordPosition]
    lost: int


def compute_expected_state(stack: FaultStack) -> ExpectedState:
    """What has to be there; the last life has been read."""
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
    """A record that was delivered in a life of the log, and the event in it."""

    log: int
    record: Record
    event: Event

    @property
    def identity(self) -> tuple[int, object]:
        """What makes two records of a life the same event."""
        return self.log, (*self.event.key, self.event.event_id)

    @property
    def place(self) -> RecordPosition:
        """Where it lies in the log."""
        return self.record.partition, self.record.offset


@dataclass(slots=True)
class _DeliveredRecords:
    """Delivered records by what becomes of them."""

    first_seen: "_FirstSeenTimes"
    erased: Set[tuple[str, str, str]]
    records: list[Delivered] = field(default_factory=list)
    dead_letters: dict[tuple[int, RecordPosition], StoredRecord] = field(default_factory=dict)
    misrouted: list[tuple[RecordPosition, Event]] = field(default_factory=list)
    lost: int = 0

    def take(self, number: int, log: LogContents, counts: Sequence[int]) -> None:
        """Takes the records of a life that were delivered; of a stray it is the copy that arrives."""
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
        """Tells whether a record is of an erased conversation; the load's bad records name theirs in body or key."""
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
        """The records in their order of arrival, life by life."""
        partitions: defaultdict[tuple[int, object], set[int]] = defaultdict(set)
        for each in self.records:
            partitions[each.identity].add(each.record.partition)

        def came_later(each: Delivered) -> bool:
            return len(partitions[each.identity]) > 1 and (each.log, each.place) not in stored

        return [each.record for each in sorted(self.records, key=lambda each: (each.log, came_later(each)))]


def body_of(value: bytes | None) -> dict[str, object]:
    """The JSON object that a record holds; an empty one when it holds none."""
    try:
        body = orjson.loads(value or b"")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def partitions_of(event: Event, counts: Sequence[int]) -> set[int]:
    """The partitions of an event's conversation while the topic had these numbers of partitions."""
    hashed: int = murmur2(f"{event.key[0]}/{event.key[2]}".encode())
    return {(hashed & 0x7FFFFFFF) % partitions for partitions in counts}


@dataclass(frozen=True, slots=True)
class _Reached:
    """Which offsets of a partition of a log that is gone had landed."""

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
    """Which log an epoch's ranges speak of: the one whose records had their times."""
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
    """When workers first saw records, by the ranges of each life."""

    def __init__(self, epochs: Mapping[Epoch, int], ranges: Mapping[Epoch, list[Range]]) -> None:
        self._ranges = [(log, epoch[0], ranges[epoch]) for epoch, log in epochs.items()]

    def record(self, number: int, log: LogContents, place: RecordPosition) -> Record:
        """A record of a life as it was delivered; of a copy the time is its origin's, if that is there."""
        kept = log[place]
        origin = next((where for name, value in kept.headers if name == ORIGIN and (where := _place(value))), None)
        if origin in log and log[origin].value == kept.value:
            first = Record(kept.value, log[origin].time, seen_at=self._seen_at(number, origin))
            return Record(kept.value, received_at(first), *place, key=kept.key)
        return Record(kept.value, kept.time, *place, key=kept.key, seen_at=self._seen_at(number, place))

    def _seen_at(self, number: int, place: RecordPosition) -> int:
        """When a record was seen; of one in no range, whose flush was lost with its log, it does not matter."""
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
