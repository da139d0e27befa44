"""Forwarded records: what workers have sent on to the partition of its conversation, and when it had been received.

A row is written before the record is produced again, so whoever reads the copy finds the row of its origin. A header
that names an origin is believed only then. Rows are kept for 30 days; a copy that is read later, and any record whose
origin no worker has forwarded, counts as received at its own time.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import pyarrow as pa

from stream_processors.clickhouse.block import arrow_stream
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.columns import COUNT, SMALL, TEXT, TIME
from stream_processors.dead_letters.claims import numbers_sql
from stream_processors.kafka.records import LogPosition, Origin, Record

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


async def note_forwarded(
    records: Sequence[Record], received_at: Sequence[int], clickhouse: ClickHouse, position: LogPosition
) -> None:
    """Write that records of a partition are about to be forwarded; doing it twice changes nothing."""
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
    """Return when the origins of records were received, by the records' offsets, as far as they were forwarded."""
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
        record.offset: known[place]
        for record, origin in possible
        if (place := (origin.partition, origin.offset, sha256(record.value or b"").hexdigest())) in known
    }
