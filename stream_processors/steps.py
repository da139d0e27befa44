"""The steps of a flush, each over the whole batch; `app.prepare` lists them in order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import msgspec

from stream_processors import metrics
from stream_processors.clickhouse import ClickHouse
from stream_processors.conversations import Changes, ConversationKey
from stream_processors.decode import decode
from stream_processors.enrich import EnrichedEvent, enrich
from stream_processors.enrichment import Enrichment
from stream_processors.errors import InvalidRecord
from stream_processors.feed import Feed, Headers
from stream_processors.partitioner import partition_of
from stream_processors.patience import persist
from stream_processors.positions import LogPosition
from stream_processors.records import (
    ORIGIN_HEADER,
    RECEIVED_AT_HEADER,
    DeadLetter,
    Record,
    received_at,
    replayed_letter,
)
from stream_processors.replays import Claim, true_claims
from stream_processors.rows import FlushRows
from stream_processors.state import State


class DecodedEvent(msgspec.Struct, gc=False):
    """A valid event, enriched, and the record that it came in."""

    event: EnrichedEvent
    record: Record


Conversations = dict[ConversationKey, list[DecodedEvent]]


@dataclass(slots=True)
class Batch:
    """The records of one flush of a partition, in order of their offsets, and what the steps make of them.

    `conversations` are the valid events by conversation, in their order. `claims` are the dead letters that records say
    to replay, `letters` those that they do, by the records' offsets.
    """

    records: Sequence[Record]
    conversations: Conversations
    dead_letters: list[DeadLetter]
    strays: list[DecodedEvent]
    claims: list[Claim]
    letters: dict[int, LogPosition]

    @classmethod
    def of(cls, records: Sequence[Record]) -> "Batch":
        """Return the batch of some records, before the first step."""
        return cls(records, {}, [], [], [], {})

    @property
    def events(self) -> list[DecodedEvent]:
        """The valid events, those of one conversation after those of another."""
        return list(chain.from_iterable(self.conversations.values()))


def decode_records(batch: Batch, enrichment: Enrichment, begin: int, end: int) -> None:
    """Make events or dead letters of a slice of the records."""
    conversations = batch.conversations
    for record in batch.records[begin:end]:
        received = received_at(record)
        if record.headers and (letter := replayed_letter(record)) is not None:
            batch.claims.append(Claim(record, letter))
        try:
            event = enrich(decode(record.value), received, enrichment)
        except InvalidRecord as error:
            batch.dead_letters.append(DeadLetter(record, received or 0, error.code, str(error)))
            continue
        if (known := conversations.get(event.key)) is None:
            known = conversations[event.key] = []
        known.append(DecodedEvent(event, record))


async def find_letters(batch: Batch, clickhouse: ClickHouse, position: LogPosition) -> None:
    """Find out which records replay a dead letter; `position` is that of the batch's first record."""
    if batch.claims:
        call = partial(true_claims, batch.claims, clickhouse, position)
        batch.letters = await persist("look for dead letters", call, position.partition)


def part_strays(
    batch: Batch, absent: Sequence[ConversationKey], partition: int, partitions: int
) -> set[ConversationKey]:
    """Part the events of conversations that belong to other partitions; none in memory is such."""
    elsewhere = [key for key in absent if home_of(key, partitions) != partition]
    for key in elsewhere:
        batch.strays += batch.conversations.pop(key)
    return set(elsewhere)


async def forward_strays(strays: Sequence[DecodedEvent], position: LogPosition, partitions: int, feed: Feed) -> None:
    """Produce strays again to the partitions of their conversations, with their origin and its time in headers.

    Doing it twice does no harm: the second one is a repetition of the same id.
    """
    for decoded in strays:
        event, record = decoded.event, decoded.record
        headers = forwarded_headers(record, event.received_at, position.topic)
        home = home_of(event.key, partitions)
        await persist("forward", partial(feed.forward, record, event.key.record_key, home, headers), position.partition)
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
    return partition_of(key.record_key, partitions)


def drop_repetitions(batch: Batch, state: State) -> Conversations:
    """Return the events whose ids are new to their conversations; the first to arrive stays."""
    fresh: Conversations = {}
    repetitions = 0
    for key, events in batch.conversations.items():
        known = state.get(key).ids
        new: dict[str, DecodedEvent] = {}
        for decoded in events:
            event_id = decoded.event.fold_event.event_id
            if event_id not in new and event_id not in known:
                new[event_id] = decoded
        if new:
            fresh[key] = list(new.values())
        repetitions += len(events) - len(new)
    metrics.REPETITIONS.inc(repetitions)
    return fresh


def fold(fresh: Conversations, state: State) -> Iterator[tuple[ConversationKey, Changes]]:
    """Fold new events into their conversations; yield what each conversation's facts change by."""
    for key, decoded in fresh.items():
        state.count_events(len(decoded))
        yield key, state.get(key).absorb([each.event.fold_event for each in decoded])


def gather_rows(
    batch: Batch,
    fresh: Conversations,
    changes: Iterator[tuple[ConversationKey, Changes]],
    state: State,
    position: LogPosition,
) -> FlushRows:
    """Return the rows of a flush: events, the changes of facts, dead letters and what became of replayed ones."""
    rows = FlushRows()
    for key, events in fresh.items():
        conversation_hash = state.hash_of(key)
        for each in events:
            rows.add_event(each.event, conversation_hash, each.record.offset)
    for key, changed in changes:
        rows.add_changes(key, state.hash_of(key), changed)
    for letter in batch.dead_letters:
        own = position._replace(offset=letter.record.offset)
        rows.add_dead_letter(letter, batch.letters.get(own.offset, own))
        metrics.DEAD_LETTERS.labels(letter.code).inc()
    if batch.letters:
        add_replayed(batch, rows)
    rows.observe()
    return rows


def add_replayed(batch: Batch, rows: FlushRows) -> None:
    """Add that dead letters are events now, also when a replay was repeated and the event had been there."""
    for decoded in batch.events:
        if (letter := batch.letters.get(decoded.record.offset)) is not None:
            rows.add_replayed(decoded.record, decoded.event.received_at, letter)
            metrics.REPLAYED.inc()
