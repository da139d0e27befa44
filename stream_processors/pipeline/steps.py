"""The steps of a flush, each over the whole batch; `app.prepare` lists them in order."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Final

from stream_processors import metrics
from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.event_rows import Part, event_segments
from stream_processors.clickhouse.fact_rows import FlushRows
from stream_processors.conversations.conversation import Changes
from stream_processors.conversations.events import FoldEvent
from stream_processors.conversations.key import ConversationKey
from stream_processors.decoding.decode import UNREADABLE_BATCH, decode_all
from stream_processors.enrichment.enrich import EnrichedEvents, enrich
from stream_processors.enrichment.policy import Enrichment
from stream_processors.kafka.partitioner import partitions_of
from stream_processors.kafka.records import (
    DeadLetter,
    KeptRecord,
    LogPosition,
    Record,
    UnreadableBatch,
    replayed_letter,
    times_of_receipt,
)
from stream_processors.partitions.ranges import Proof
from stream_processors.pipeline.proofs import claims_of, prove
from stream_processors.privacy.storage_policy import ContentPolicy
from stream_processors.retries import retry_forever
from stream_processors.state.cache import FULL_CODE, MAX_EVENTS, State

Keep = Callable[[Record], KeptRecord]

FULL_REASON: Final = f"the conversation has {MAX_EVENTS:,} events, and takes no more"

# The places of events among all of a batch, by conversation.
Conversations = dict[ConversationKey, list[int]]


@dataclass(slots=True)
class Batch:
    """The records of one flush of a partition, in order of their offsets, and what the steps make of them.

    Valid events are kept in `parts`; `told` and `sources` are what the fold sees of them and their records, all in the
    order of their places. `seen_at` is when the records were first seen; `proofs` are those whose headers are true, and
    `letters` the dead letters that they replay, by the records' offsets.
    """

    records: Sequence[Record]
    parts: list[Part] = field(default_factory=list)
    told: list[FoldEvent] = field(default_factory=list)
    sources: list[Record] = field(default_factory=list)
    received_at: list[int] = field(default_factory=list)
    conversations: Conversations = field(default_factory=lambda: defaultdict(list))
    dead_letters: list[DeadLetter] = field(default_factory=list)
    strays: Conversations = field(default_factory=dict)
    seen_at: int = 0
    proofs: tuple[Proof, ...] = ()
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


async def prove_headers(
    batch: Batch,
    clickhouse: ClickHouse,
    position: LogPosition,
    known: tuple[Proof, ...] | None,
    content: ContentPolicy,
) -> None:
    """Find out which headers are true, unless that is known; `position` is that of the batch's first record."""
    if known is None:
        claims = claims_of(batch.records)
        call = partial(prove, claims, clickhouse, position, batch.seen_at, content)
        known = await retry_forever("prove headers", call, position.partition) if claims else ()
    batch.proofs = known
    replays = {proof.offset for proof in known if proof.is_replay}
    for record in batch.records if replays else ():
        if record.offset in replays and (letter := replayed_letter(record)) is not None:
            batch.letters[record.offset] = letter


def decode_records(batch: Batch, enrichment: Enrichment, keep: Keep, begin: int, end: int) -> None:
    """Make events or dead letters of a slice of the records; `keep` says what is stored of a dead letter."""
    records = batch.records[begin:end]
    times = times_of_receipt(records, batch.seen_at, {proof.offset: proof.received_at for proof in batch.proofs})
    decoded = decode_all([record.value for record in records])
    for place, code, reason in decoded.refused:
        record = records[place]
        if isinstance(record, UnreadableBatch):
            code, reason = UNREADABLE_BATCH, record.reason
        batch.dead_letters.append(DeadLetter(record, times[place], code, reason, keep(record)))
    for places, events in decoded.events:
        batch.add(enrich(events, [times[place] for place in places], enrichment), [records[place] for place in places])


def split_misrouted(
    batch: Batch, absent: Sequence[ConversationKey], partition: int, partitions: int
) -> set[ConversationKey]:
    """Part the events of conversations that belong to other partitions; none in memory is such."""
    homes = partitions_of([key.record_key for key in absent], partitions)
    elsewhere = {key for key, home in zip(absent, homes, strict=True) if home != partition}
    batch.strays = {key: batch.conversations.pop(key) for key in absent if key in elsewhere}
    return elsewhere


def partition_of(key: ConversationKey, partitions: int) -> int:
    """Return the partition of a conversation: that of its record key."""
    return partitions_of([key.record_key], partitions)[0]


def drop_repetitions(batch: Batch, state: State, keys: Iterable[ConversationKey], keep: Keep) -> Conversations:
    """Return the events whose ids are new to their conversations; the first to arrive stays.

    Those that find their conversation full become dead letters, of which `keep` says what is stored.
    """
    fresh: Conversations = {}
    told, repetitions = batch.told, 0
    for key in keys:
        places, known = batch.conversations[key], state.get(key).ids
        ids = {told[place].event_id for place in places}
        new = places if len(ids) == len(places) and ids.isdisjoint(known) else _first_of_new_ids(batch, places, known)
        repetitions += len(places) - len(new)
        if len(known) + len(new) > state.max_events:
            new, surplus = _parted(batch, new, max(0, state.max_events - len(known)))
            batch.conversations[key] = [place for place in places if place not in surplus]
            batch.dead_letters += [
                DeadLetter(record, batch.received_at[place], FULL_CODE, FULL_REASON, keep(record))
                for place, record in ((place, batch.sources[place]) for place in sorted(surplus))
            ]
        if new:
            fresh[key] = new
    metrics.REPETITIONS.inc(repetitions)
    return fresh


def _first_of_new_ids(batch: Batch, places: Sequence[int], known: Collection[str]) -> list[int]:
    new: dict[str, int] = {}
    for place in sorted(places, key=lambda place: batch.sources[place].offset):
        event_id = batch.told[place].event_id
        if event_id not in known:
            new.setdefault(event_id, place)
    return list(new.values())


def _parted(batch: Batch, places: Sequence[int], room: int) -> tuple[list[int], set[int]]:
    """Return the places of the events that arrived first, as many as there is room for, and those of the others."""
    ordered = sorted(places, key=lambda place: batch.sources[place].offset)
    return ordered[:room], set(ordered[room:])


def fold(batch: Batch, fresh: Conversations, state: State) -> Iterator[tuple[ConversationKey, Changes]]:
    """Fold new events into their conversations; yield what each conversation's facts change by."""
    told = batch.told
    for key, places in fresh.items():
        state.count_events(len(places))
        yield key, state.get(key).absorb([told[place] for place in places])


def gather_rows(
    batch: Batch, fresh: Conversations, hashes: Sequence[int], rows: FlushRows, position: LogPosition
) -> list[Segment]:
    """Return the rows of a flush: events, the changes of facts, dead letters and what became of replayed ones.

    `hashes` are those of the conversations that have new events.
    """
    for letter in batch.dead_letters:
        own = position._replace(offset=letter.record.offset)
        rows.add_dead_letter(letter, batch.letters.get(own.offset, own))
        metrics.DEAD_LETTERS.labels(letter.code).inc()
    if batch.letters:
        add_replayed(batch, rows)
    rows.observe()
    return [*event_segments(batch.parts, fresh, hashes), *rows.segments()]


def add_replayed(batch: Batch, rows: FlushRows) -> None:
    """Add that dead letters are events now, also when a replay was repeated and the event had been there."""
    for place in chain.from_iterable(batch.conversations.values()):
        record = batch.sources[place]
        if (letter := batch.letters.get(record.offset)) is not None:
            rows.add_replayed(record, batch.received_at[place], letter)
            metrics.REPLAYED.inc()
