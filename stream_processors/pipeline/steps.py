"""The steps of a flush, each over the whole batch; `app.py` lists them in order."""

from collections.abc import Sequence
from itertools import chain

from stream_processors import metrics
from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.event_rows import event_segments
from stream_processors.clickhouse.fact_rows import FlushRows
from stream_processors.conversations.key import ConversationKey
from stream_processors.dead_letters.storage import Keep
from stream_processors.decoding.decode import UNREADABLE_BATCH, decode_all
from stream_processors.enrichment.enrich import enrich
from stream_processors.enrichment.policy import Enrichment
from stream_processors.kafka.partitioner import partitions_of
from stream_processors.kafka.records import DeadLetter, LogPosition, UnreadableBatch, times_of_receipt
from stream_processors.pipeline.batch import Conversations, FlushBatch


def decode_records(batch: FlushBatch, enrichment: Enrichment, keep: Keep, begin: int, end: int) -> None:
    """Turn a slice of the records into enriched events or dead letters; `keep` says what is stored of a dead letter."""
    records = batch.records[begin:end]
    times = times_of_receipt(records, batch.seen_at, {proof.offset: proof.received_at for proof in batch.proofs})
    decoded = decode_all([record.value for record in records])
    for index, code, reason in decoded.refused:
        record = records[index]
        if isinstance(record, UnreadableBatch):
            code, reason = UNREADABLE_BATCH, record.reason
        batch.dead_letters.append(DeadLetter(record, times[index], code, reason, keep(record)))
    for indexes, events in decoded.events:
        enriched = enrich(events, [times[index] for index in indexes], enrichment)
        batch.add(enriched, [records[index] for index in indexes])


def split_misrouted(
    batch: FlushBatch, absent: Sequence[ConversationKey], partition: int, partitions: int
) -> set[ConversationKey]:
    """Set the events of conversations aside that belong to other partitions; a cached conversation never does."""
    homes = partitions_of([key.record_key for key in absent], partitions)
    elsewhere = {key for key, home in zip(absent, homes, strict=True) if home != partition}
    batch.misrouted = {key: batch.conversations.pop(key) for key in absent if key in elsewhere}
    return elsewhere


def partition_of(key: ConversationKey, partitions: int) -> int:
    """Return the partition of a conversation: that of its record key."""
    return partitions_of([key.record_key], partitions)[0]


def gather_rows(
    batch: FlushBatch, new: Conversations, hashes: Sequence[int], rows: FlushRows, position: LogPosition
) -> list[Segment]:
    """Return the rows of a flush: events, changes of facts, dead letters, and the outcome of replayed ones.

    `hashes` are those of the conversations with new events.
    """
    for dead_letter in batch.dead_letters:
        own = position._replace(offset=dead_letter.record.offset)
        rows.add_dead_letter(dead_letter, batch.replayed.get(own.offset, own))
        metrics.DEAD_LETTERS.labels(dead_letter.code).inc()
    if batch.replayed:
        _add_replayed(batch, rows)
    rows.observe()
    return [*event_segments(batch.parts, new, hashes), *rows.segments()]


def _add_replayed(batch: FlushBatch, rows: FlushRows) -> None:
    """Add that dead letters are events now, also when a replay was repeated and the event existed already."""
    for index in chain.from_iterable(batch.conversations.values()):
        record = batch.event_records[index]
        if (dead_letter := batch.replayed.get(record.offset)) is not None:
            rows.add_replayed(record, batch.received_at[index], dead_letter)
            metrics.REPLAYED.inc()
