"""The first step of a flush: find out which headers of its records are true.

A header counts when ClickHouse holds what it names with the bytes of the record: a dead letter that the record replays,
or an origin that a worker has rerouted. Then it is true for any sender. Any other header is ignored and counted. The
result is stored with the range, so that a replay does not ask again.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from stream_processors import metrics
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.dead_letters.claims import ReplayClaim, resolve_replays
from stream_processors.kafka.records import LogPosition, Origin, Record, named_origin, replayed_letter, time_of_receipt
from stream_processors.partitions.ranges import Proof
from stream_processors.pipeline.batch import FlushBatch
from stream_processors.pipeline.reroute import true_origins
from stream_processors.privacy.storage_policy import ContentPolicy
from stream_processors.retries import retry_forever


class Claims(NamedTuple):
    """What the headers of some records say: the dead letters that they replay, and their origins."""

    dead_letters: list[ReplayClaim]
    origins: list[tuple[Record, Origin]]

    def __bool__(self) -> bool:
        return bool(self.dead_letters or self.origins)


async def prove_headers(
    batch: FlushBatch,
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
        if record.offset in replays and (dead_letter := replayed_letter(record)) is not None:
            batch.replayed[record.offset] = dead_letter


def claims_of(records: Sequence[Record]) -> Claims:
    """Return what the headers of records say; nearly all records have none."""
    claims = Claims([], [])
    for record in records:
        if record.headers:
            if (dead_letter := replayed_letter(record)) is not None:
                claims.dead_letters.append(ReplayClaim(record, dead_letter))
            if (origin := named_origin(record)) is not None:
                claims.origins.append((record, origin))
    return claims


async def prove(
    claims: Claims, clickhouse: ClickHouse, before: LogPosition, seen_at: int, content: ContentPolicy
) -> tuple[Proof, ...]:
    """Return what is true of some claims; `before` is the position of the batch's first record."""
    dead_letters = await resolve_replays(claims.dead_letters, clickhouse, before, content)
    others = [(record, origin) for record, origin in claims.origins if record.offset not in dead_letters]
    origins = await true_origins(others, clickhouse, before.topic)
    records = {record.offset: record for record, _ in (*claims.dead_letters, *others)}
    metrics.IGNORED_HEADERS.inc(len(records) - len(dead_letters) - len(origins))
    return tuple(
        Proof(offset, time_of_receipt(seen_at, at, records[offset].timestamp), offset in dead_letters)
        for offset, at in {**dead_letters, **origins}.items()
    )
