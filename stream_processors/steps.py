"""The steps of a flush, each over the whole batch; `app.prepare` lists them in order."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from stream_processors import metrics
from stream_processors.clickhouse import ClickHouse
from stream_processors.conversations import Changes, ConversationKey
from stream_processors.decode import decode_all
from stream_processors.enrich import EnrichedEvents, enrich
from stream_processors.enrichment import Enrichment
from stream_processors.event_rows import Part, event_segments
from stream_processors.feed import Feed, Headers
from stream_processors.fold_events import FoldEvent
from stream_processors.inbox import Segment
from stream_processors.partitioner import partitions_of
from stream_processors.patience import persist
from stream_processors.positions import LogPosition
from stream_processors.records import (
    ORIGIN_HEADER,
    RECEIVED_AT_HEADER,
    DeadLetter,
    Record,
    replayed_letter,
    times_of_receipt,
)
from stream_processors.replays import Claim, true_claims
from stream_processors.rows import FlushRows
from stream_processors.state import State

Conversations = dict[ConversationKey, list[int]]
"""The places of events among all of a batch, by conversation."""


@dataclass(slots=True)
class Batch:
    """The records of one flush of a partition, in order of their offsets, and what the steps make of them.

    Valid events are kept in `parts`; `told` and `sources` are what the fold sees of them and their records, all in the
    order of their places. `claims` are the dead letters that records say to replay, `letters` those that they do, by
    the records' offsets.
    """

    records: Sequence[Record]
    parts: list[Part] = field(default_factory=list)
    told: list[FoldEvent] = field(default_factory=list)
    sources: list[Record] = field(default_factory=list)
    received_at: list[int] = field(default_factory=list)
    conversations: Conversations = field(default_factory=lambda: defaultdict(list))
    dead_letters: list[DeadLetter] = field(default_factory=list)
    strays: Conversations = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    letters: dict[int, LogPosition] = field(default_factory=dict)

    def add(self, events: EnrichedEvents, records: Sequence[Record]) -> None:
        """Take valid events of one type, and the records that they came in."""
        begin, conversations = len(self.told), self.conversations
        self.parts.append(Part(begin, events, [record.offset for record in records]))
        self.told += events.fold_events
        self.sources += records
        self.received_at += events.received_at
        for place, key in enumerate(events.keys, begin):
            conversations[key].append(place)


def decode_records(batch: Batch, enrichment: Enrichment, begin: int, end: int) -> None:
    """Make events or dead letters of a slice of the records."""
    records = batch.records[begin:end]
    times = times_of_receipt(records)
    decoded = decode_all([record.value for record in records])
    for place, code, reason in decoded.refused:
        batch.dead_letters.append(DeadLetter(records[place], times[place] or 0, code, reason))
    for places, events in decoded.events:
        batch.add(enrich(events, [times[place] for place in places], enrichment), [records[place] for place in places])
    batch.claims += [
        Claim(record, letter)
        for record in records
        if record.headers and (letter := replayed_letter(record)) is not None
    ]


async def find_letters(batch: Batch, clickhouse: ClickHouse, position: LogPosition) -> None:
    """Find out which records replay a dead letter; `position` is that of the batch's first record."""
    if batch.claims:
        call = partial(true_claims, batch.claims, clickhouse, position)
        batch.letters = await persist("look for dead letters", call, position.partition)


def part_strays(
    batch: Batch, absent: Sequence[ConversationKey], partition: int, partitions: int
) -> set[ConversationKey]:
    """Part the events of conversations that belong to other partitions; none in memory is such."""
    homes = partitions_of([key.record_key for key in absent], partitions)
    elsewhere = {key for key, home in zip(absent, homes, strict=True) if home != partition}
    batch.strays = {key: batch.conversations.pop(key) for key in absent if key in elsewhere}
    return elsewhere


async def forward_strays(batch: Batch, position: LogPosition, partitions: int, feed: Feed) -> None:
    """Produce strays again to the partitions of their conversations, with their origin and its time in headers.

    Doing it twice does no harm: the second one is a repetition of the same id.
    """
    for key, places in batch.strays.items():
        home = home_of(key, partitions)
        for place in places:
            record = batch.sources[place]
            headers = forwarded_headers(record, batch.received_at[place], position.topic)
            await persist("forward", partial(feed.forward, record, key.record_key, home, headers), position.partition)
            metrics.FORWARDED.inc()


def forwarded_headers(record: Record, received_at: int, topic: str) -> Headers:
    """Return a record's headers with its origin and that one's time of receipt; a record's first origin stays."""
    headers = list(record.headers)
    if not any(name == ORIGIN_HEADER for name, _ in headers):
        headers.append((ORIGIN_HEADER, f"{topic}:{record.partition}:{record.offset}".encode()))
        headers.append((RECEIVED_AT_HEADER, str(received_at).encode()))
    return headers


def home_of(key: ConversationKey, partitions: int) -> int:
    """Return the partition of a conversation: that of its record key."""
    return partitions_of([key.record_key], partitions)[0]


def drop_repetitions(batch: Batch, state: State) -> Conversations:
    """Return the events whose ids are new to their conversations; the first to arrive stays."""
    fresh: Conversations = {}
    told, repetitions = batch.told, 0
    for key, places in batch.conversations.items():
        known = state.get(key).ids
        ids = {told[place].event_id for place in places}
        new = places if len(ids) == len(places) and ids.isdisjoint(known) else _first_of_new_ids(batch, places, known)
        if new:
            fresh[key] = new
        repetitions += len(places) - len(new)
    metrics.REPETITIONS.inc(repetitions)
    return fresh


def _first_of_new_ids(batch: Batch, places: Sequence[int], known: Collection[str]) -> list[int]:
    new: dict[str, int] = {}
    for place in sorted(places, key=lambda place: batch.sources[place].offset):
        event_id = batch.told[place].event_id
        if event_id not in known:
            new.setdefault(event_id, place)
    return list(new.values())


def fold(batch: Batch, fresh: Conversations, state: State) -> Iterator[tuple[ConversationKey, Changes]]:
    """Fold new events into their conversations; yield what each conversation's facts change by."""
    told = batch.told
    for key, places in fresh.items():
        state.count_events(len(places))
        yield key, state.get(key).absorb([told[place] for place in places])


def gather_rows(
    batch: Batch,
    fresh: Conversations,
    changes: Iterator[tuple[ConversationKey, Changes]],
    state: State,
    position: LogPosition,
) -> list[Segment]:
    """Return the rows of a flush: events, the changes of facts, dead letters and what became of replayed ones."""
    rows = FlushRows()
    for key, changed in changes:
        rows.add_changes(key, state.hash_of(key), changed)
    for letter in batch.dead_letters:
        own = position._replace(offset=letter.record.offset)
        rows.add_dead_letter(letter, batch.letters.get(own.offset, own))
        metrics.DEAD_LETTERS.labels(letter.code).inc()
    if batch.letters:
        add_replayed(batch, rows)
    rows.observe()
    return [*event_segments(batch.parts, fresh, [state.hash_of(key) for key in fresh]), *rows.segments()]


def add_replayed(batch: Batch, rows: FlushRows) -> None:
    """Add that dead letters are events now, also when a replay was repeated and the event had been there."""
    for place in chain.from_iterable(batch.conversations.values()):
        record = batch.sources[place]
        if (letter := batch.letters.get(record.offset)) is not None:
            rows.add_replayed(record, batch.received_at[place], letter)
            metrics.REPLAYED.inc()
