"""Reroute records that are in another partition than their conversation's: produce them again to the right one.

Their origin and its time of receipt go along in headers. A row of `forwarded_records` is written before the record is
produced again; a header that names an origin is believed only with such a row. The rows are kept for 30 days. A copy
that is read later, and a record whose origin no worker has rerouted, counts as received at its own time. A record may
be rerouted twice, because the second copy is a duplicate with the same id.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from typing import Final, NamedTuple

import pyarrow as pa

from stream_processors import metrics
from stream_processors.clickhouse.block import arrow_stream
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.columns import COUNT, SMALL, TEXT, TIME
from stream_processors.dead_letters.claims import numbers_sql
from stream_processors.dead_letters.storage import Keep
from stream_processors.errors import InvalidRecord
from stream_processors.kafka.partitioner import partitions_of
from stream_processors.kafka.records import ORIGIN_HEADER, RECEIVED_AT_HEADER, DeadLetter, LogPosition, Origin, Record
from stream_processors.kafka.source import Headers, PartitionSource
from stream_processors.pipeline.batch import FlushBatch
from stream_processors.retries import retry_forever

# Records that are sent to Kafka at the same time; one after the other takes a few milliseconds each.
AT_ONCE: Final = 500

OWN_HEADERS: Final = frozenset((ORIGIN_HEADER, RECEIVED_AT_HEADER))


ORIGINS_A_QUERY: Final = 5_000
ORIGINS_SQL: Final = (
    "SELECT partition, offset, lower(hex(digest)) AS digest, toUnixTimestamp64Milli(min(received_at)) AS received_ms"
    " FROM forwarded_records WHERE topic = {topic:String} AND partition IN ({partitions}) AND offset IN ({offsets})"
    " GROUP BY partition, offset, digest"
)
COLUMNS: Final = {
    "topic": TEXT,
    "partition": SMALL,
    "log_epoch": COUNT,
    "offset": COUNT,
    "received_at": TIME,
    "digest": pa.binary(32),
}


class MisroutedRecord(NamedTuple):
    """A record in another partition than its conversation's; `is_proved` says that its headers name its origin."""

    record: Record
    received_at: int
    key: bytes
    partition: int
    is_proved: bool


async def reroute(
    batch: FlushBatch,
    position: LogPosition,
    partitions: int,
    source: PartitionSource,
    clickhouse: ClickHouse,
    keep: Keep,
) -> None:
    """Produce misrouted records again, to the partitions of their conversations; too large ones become dead letters."""
    misrouted = _misrouted_records(batch, partitions)
    if new := [item for item in misrouted if not item.is_proved]:
        call = partial(note_forwarded, [i.record for i in new], [i.received_at for i in new], clickhouse, position)
        await retry_forever("note rerouted records", call, position.partition)
    for begin in range(0, len(misrouted), AT_ONCE):
        part = misrouted[begin : begin + AT_ONCE]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_forward(item, position, source)) for item in part]
        batch.dead_letters += [
            DeadLetter(item.record, item.received_at, error.code, str(error), keep(item.record))
            for item, error in zip(part, [task.result() for task in tasks], strict=True)
            if error is not None
        ]


def _misrouted_records(batch: FlushBatch, partitions: int) -> Sequence[MisroutedRecord]:
    keys = [key.record_key for key in batch.misrouted]
    proved = {proof.offset for proof in batch.proofs}
    return [
        MisroutedRecord(
            record := batch.event_records[index], batch.received_at[index], key, home, record.offset in proved
        )
        for key, home, indexes in zip(keys, partitions_of(keys, partitions), batch.misrouted.values(), strict=True)
        for index in indexes
    ]


async def _forward(item: MisroutedRecord, position: LogPosition, source: PartitionSource) -> InvalidRecord | None:
    """Produce a record again; return the error if it is too large for Kafka even without its own headers."""
    refusal = None
    headers = forwarded_headers(item, position.topic)
    own = [(name, value) for name, value in headers if name in OWN_HEADERS]
    for attempted in (headers, own):
        call = partial(source.forward, item.record, item.key, item.partition, attempted)
        try:
            await retry_forever("reroute", call, position.partition)
        except InvalidRecord as error:
            refusal = error
        else:
            metrics.FORWARDED.inc()
            return None
    return refusal


def forwarded_headers(item: MisroutedRecord, topic: str) -> Headers:
    """Return a record's headers with its origin and the time of receipt there; a proved first origin stays."""
    record = item.record
    if item.is_proved:
        return list(record.headers)
    origin = Origin(topic, record.partition, record.offset)
    return [
        *(header for header in record.headers if header[0] not in OWN_HEADERS),
        (ORIGIN_HEADER, origin.header()),
        (RECEIVED_AT_HEADER, str(item.received_at).encode()),
    ]


async def note_forwarded(
    records: Sequence[Record], received_at: Sequence[int], clickhouse: ClickHouse, position: LogPosition
) -> None:
    """Write that records of a partition are about to be rerouted; writing it twice changes nothing."""
    rows = len(records)
    values = (
        [position.topic] * rows,
        [position.partition] * rows,
        [position.log_epoch] * rows,
        [record.offset for record in records],
        list(received_at),
        [sha256(record.value or b"").digest() for record in records],
    )
    arrays = [pa.array(column, type=kind) for column, kind in zip(values, COLUMNS.values(), strict=True)]
    data = arrow_stream(pa.record_batch(arrays, names=list(COLUMNS)))
    token = ":".join(map(str, (*position, records[-1].offset, rows)))
    await clickhouse.insert_block("forwarded_records", list(COLUMNS), data, token)


async def true_origins(claims: Sequence[tuple[Record, Origin]], clickhouse: ClickHouse, topic: str) -> dict[int, int]:
    """Return when the rerouted origins of records were received, by the records' offsets."""
    possible = [(record, origin) for record, origin in claims if origin.topic == topic]
    known: dict[tuple[int, int, str], int] = {}
    origins = list(dict.fromkeys(origin for _, origin in possible))
    for begin in range(0, len(origins), ORIGINS_A_QUERY):
        part = origins[begin : begin + ORIGINS_A_QUERY]
        sql = ORIGINS_SQL.replace("{partitions}", numbers_sql({origin.partition for origin in part}))
        sql = sql.replace("{offsets}", numbers_sql({origin.offset for origin in part}))
        for row in await clickhouse.rows(sql, {"topic": topic}):
            known[row["partition"], row["offset"], row["digest"]] = row["received_ms"]
    return {
        record.offset: known[row_key]
        for record, origin in possible
        if (row_key := (origin.partition, origin.offset, sha256(record.value or b"").hexdigest())) in known
    }
