"""Forwarding: records that lie on another partition than their conversation's are produced again to that one.

Their origin, and when it was received, go along in headers; the reader believes them because the origin is noted in
ClickHouse first. A record may be forwarded twice, as the second copy is a repetition of the same id.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

from stream_processors import metrics
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.errors import InvalidRecord
from stream_processors.kafka.partitioner import partitions_of
from stream_processors.kafka.records import ORIGIN_HEADER, RECEIVED_AT_HEADER, DeadLetter, LogPosition, Origin, Record
from stream_processors.kafka.source import Headers, PartitionSource
from stream_processors.pipeline.forwarded_records import note_forwarded
from stream_processors.pipeline.steps import Batch, Keep
from stream_processors.retries import retry_forever

# So many are on their way to Kafka at the same time: one after the other takes a few milliseconds each.
AT_ONCE: Final = 500

OWN_HEADERS: Final = frozenset((ORIGIN_HEADER, RECEIVED_AT_HEADER))


class Stray(NamedTuple):
    """A record on another partition than its conversation's; `is_proved` says that its headers name its origin."""

    record: Record
    received_at: int
    key: bytes
    home: int
    is_proved: bool


async def reroute(
    batch: Batch, position: LogPosition, partitions: int, feed: PartitionSource, clickhouse: ClickHouse, keep: Keep
) -> None:
    """Produce strays again, to the partitions of their conversations; what is too large for that is a dead letter."""
    strays = _strays(batch, partitions)
    if new := [stray for stray in strays if not stray.is_proved]:
        records, times = [stray.record for stray in new], [stray.received_at for stray in new]
        call = partial(note_forwarded, records, times, clickhouse, position)
        await retry_forever("note forwarded records", call, position.partition)
    for begin in range(0, len(strays), AT_ONCE):
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_forward(stray, position, feed)) for stray in strays[begin : begin + AT_ONCE]]
        errors = [task.result() for task in tasks]
        batch.dead_letters += [
            DeadLetter(stray.record, stray.received_at, error.code, str(error), keep(stray.record))
            for stray, error in zip(strays[begin : begin + AT_ONCE], errors, strict=True)
            if error is not None
        ]


def _strays(batch: Batch, partitions: int) -> Sequence[Stray]:
    keys = [key.record_key for key in batch.strays]
    proved = {proof.offset for proof in batch.proofs}
    return [
        Stray(record := batch.sources[place], batch.received_at[place], key, home, record.offset in proved)
        for key, home, places in zip(keys, partitions_of(keys, partitions), batch.strays.values(), strict=True)
        for place in places
    ]


async def _forward(stray: Stray, position: LogPosition, feed: PartitionSource) -> InvalidRecord | None:
    """Produce a record again; return why it cannot be when Kafka takes it for too large even without its headers."""
    refusal = None
    record, headers = stray.record, forwarded_headers(stray, position.topic)
    own = [(name, value) for name, value in headers if name in OWN_HEADERS]
    for tried in (headers, own):
        call = partial(feed.forward, record, stray.key, stray.home, tried)
        try:
            await retry_forever("forward", call, position.partition)
        except InvalidRecord as error:
            refusal = error
        else:
            metrics.FORWARDED.inc()
            return None
    return refusal


def forwarded_headers(stray: Stray, topic: str) -> Headers:
    """Return a record's headers with its origin and that one's time of receipt; a record's true first origin stays."""
    record = stray.record
    if stray.is_proved:
        return list(record.headers)
    origin = Origin(topic, record.partition, record.offset)
    return [
        *(header for header in record.headers if header[0] not in OWN_HEADERS),
        (ORIGIN_HEADER, origin.header()),
        (RECEIVED_AT_HEADER, str(stray.received_at).encode()),
    ]
