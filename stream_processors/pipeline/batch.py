"""The batch of one flush: the records that were read, and what the steps make of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from stream_processors.clickhouse.event_rows import Part
from stream_processors.conversations.events import FoldEvent
from stream_processors.conversations.key import ConversationKey
from stream_processors.enrichment.enrich import EnrichedEvents
from stream_processors.kafka.records import DeadLetter, LogPosition, Record
from stream_processors.partitions.ranges import Proof

# The indexes of events among all events of a batch, by conversation.
Conversations = dict[ConversationKey, list[int]]


@dataclass(slots=True)
class FlushBatch:
    """The records of one flush of a partition, in order of their offsets, and what the steps make of them.

    Valid events are kept in `parts`, events of one type together. `fold_events`, `event_records` and `received_at` hold
    what the fold sees of an event, the record it came in and its time of receipt, all by the event's index.
    `seen_at` is when the records were first seen. `proofs` are the records whose headers are true, and `replayed` the
    dead letters that they replay, by the records' offsets.
    """

    records: Sequence[Record]
    parts: list[Part] = field(default_factory=list)
    fold_events: list[FoldEvent] = field(default_factory=list)
    event_records: list[Record] = field(default_factory=list)
    received_at: list[int] = field(default_factory=list)
    conversations: Conversations = field(default_factory=lambda: defaultdict(list))
    dead_letters: list[DeadLetter] = field(default_factory=list)
    misrouted: Conversations = field(default_factory=dict)
    seen_at: int = 0
    proofs: tuple[Proof, ...] = ()
    replayed: dict[int, LogPosition] = field(default_factory=dict)

    def add(self, events: EnrichedEvents, records: Sequence[Record]) -> None:
        """Add valid events of one type, and the records that they came in."""
        begin, conversations = len(self.fold_events), self.conversations
        self.parts.append(Part(begin, events, [record.offset for record in records]))
        self.fold_events += events.fold_events
        self.event_records += records
        self.received_at += events.received_at
        for index, key in enumerate(events.keys, begin):
            conversations[key].append(index)
