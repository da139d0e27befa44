"""Which dead letters the records of a batch replay: those that their headers name and that the claim is true for.

Anyone can send a header. A claim is true if ClickHouse has that dead letter of this topic with the same bytes as the
record, or with their keyed hash. Treating the record as a replay is then right for any sender. ClickHouse stores the
hash of each dead letter, so checking a claim reads no bytes. A dead letter without bytes and hash cannot be claimed.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.kafka.records import LogPosition, Record
from stream_processors.privacy.storage_policy import ContentPolicy

POSITIONS_PER_QUERY: Final = 5_000
DEAD_LETTERS_SQL: Final = (
    "SELECT origin_partition, origin_log_epoch, origin_offset,"
    " multiIf(has_value = 0, '', storage IN ('', 'full'), lower(hex(raw_hash)), digest) AS proof,"
    " toUnixTimestamp64Milli(min(received_at)) AS received_ms"
    " FROM dead_letter_records WHERE status = 'refused' AND storage != 'dropped' AND origin_topic = {topic:String}"
    " AND origin_partition IN ({partitions}) AND origin_log_epoch IN ({epochs}) AND origin_offset IN ({offsets})"
    " GROUP BY origin_partition, origin_log_epoch, origin_offset, proof"
)


class ReplayClaim(NamedTuple):
    """A record and the dead letter that it claims to replay."""

    record: Record
    dead_letter: LogPosition


async def resolve_replays(
    claims: Sequence[ReplayClaim], clickhouse: ClickHouse, before: LogPosition, content: ContentPolicy
) -> dict[int, int]:
    """Return, by record offset, when the replayed dead letter was received, for each true claim.

    Only dead letters from before a position count.
    """
    possible = [claim for claim in claims if _may_be_true(claim.dead_letter, before)]
    known: dict[tuple[LogPosition, str], int] = {}
    for begin in range(0, len(possible), POSITIONS_PER_QUERY):
        sql = dead_letters_sql([claim.dead_letter for claim in possible[begin : begin + POSITIONS_PER_QUERY]])
        for row in await clickhouse.rows(sql, {"topic": before.topic}):
            position = LogPosition(before.topic, row["origin_partition"], row["origin_log_epoch"], row["origin_offset"])
            known[position, row["proof"]] = row["received_ms"]
    return {
        claim.record.offset: known[dead_letter]
        for claim in possible
        for proof in _proofs(claim.record.value, content)
        if (dead_letter := (claim.dead_letter, proof)) in known
    }


def dead_letters_sql(dead_letters: Sequence[LogPosition]) -> str:
    """Return the query for dead letters that claims name; plain lists are ten times as fast as tuples."""
    numbers = {
        "{partitions}": {dead_letter.partition for dead_letter in dead_letters},
        "{epochs}": {dead_letter.log_epoch for dead_letter in dead_letters},
        "{offsets}": {dead_letter.offset for dead_letter in dead_letters},
    }
    sql = DEAD_LETTERS_SQL
    for marker, values in numbers.items():
        sql = sql.replace(marker, numbers_sql(values))
    return sql


def numbers_sql(numbers: Iterable[int]) -> str:
    """Return integers as an SQL list."""
    return ",".join(f"{number:d}" for number in numbers)


def positions_sql(positions: Iterable[LogPosition]) -> str:
    """Return positions of one topic as an SQL list of tuples of integers."""
    return ",".join(f"({position.partition:d},{position.log_epoch:d},{position.offset:d})" for position in positions)


def _may_be_true(dead_letter: LogPosition, before: LogPosition) -> bool:
    """Tell whether a dead letter can be older than a batch, which may have written dead letters of its own."""
    if dead_letter.topic != before.topic:
        return False
    return dead_letter[:3] != before[:3] or dead_letter.offset < before.offset


def _proofs(value: bytes | None, content: ContentPolicy) -> tuple[str, ...]:
    """Return the hashes that ClickHouse may have of a dead letter with this value: plain, and keyed."""
    return ("",) if value is None else (sha256(value).hexdigest(), content.digest(value))
