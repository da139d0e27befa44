"""Proofs: which headers of a batch's records are true, and when these records were received therefore.

A header counts when what it names is in ClickHouse with the very bytes of the record: a dead letter that the record
replays, or an origin that a worker has forwarded. Then it is right to believe it, whoever sent it. Any other header is
ignored and counted: the record stands for itself. What was found is kept in the range, so that a replay does not ask.
"""

from collections.abc import Sequence
from typing import NamedTuple

from stream_processors import metrics
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.dead_letters.claims import Claim, true_claims
from stream_processors.kafka.records import LogPosition, Origin, Record, named_origin, replayed_letter, time_of_receipt
from stream_processors.partitions.ranges import Proof
from stream_processors.pipeline.forwarded_records import true_origins
from stream_processors.privacy.storage_policy import ContentPolicy


class Claims(NamedTuple):
    """What the headers of some records say: the dead letters that they replay, and their origins."""

    letters: list[Claim]
    origins: list[tuple[Record, Origin]]

    def __bool__(self) -> bool:
        return bool(self.letters or self.origins)


def claims_of(records: Sequence[Record]) -> Claims:
    """Return what the headers of records say; nearly all records have none."""
    claims = Claims([], [])
    for record in records:
        if record.headers:
            if (letter := replayed_letter(record)) is not None:
                claims.letters.append(Claim(record, letter))
            if (origin := named_origin(record)) is not None:
                claims.origins.append((record, origin))
    return claims


async def prove(
    claims: Claims, clickhouse: ClickHouse, before: LogPosition, seen_at: int, content: ContentPolicy
) -> tuple[Proof, ...]:
    """Return what is true of some claims; `before` is the position of the batch's first record."""
    letters = await true_claims(claims.letters, clickhouse, before, content)
    others = [(record, origin) for record, origin in claims.origins if record.offset not in letters]
    origins = await true_origins(others, clickhouse, before.topic)
    records = {record.offset: record for record, _ in (*claims.letters, *others)}
    metrics.IGNORED_HEADERS.inc(len(records) - len(letters) - len(origins))
    return tuple(
        Proof(offset, time_of_receipt(seen_at, at, records[offset].timestamp), offset in letters)
        for offset, at in {**letters, **origins}.items()
    )
