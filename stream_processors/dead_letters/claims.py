"""Which dead letters the records of a batch replay: those that their headers name, as far as they are true.

Anybody can send a header. One counts when ClickHouse has that letter, of this topic, with the very bytes of the record,
or their keyed hash; then treating the record as a replay is right, whoever sent it. ClickHouse keeps the hash of each
letter's bytes, so that no claim makes it read them. A letter of which neither bytes nor hash are stored proves nothing.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.kafka.records import LogPosition, Record
from stream_processors.privacy.storage_policy import ContentPolicy

PLACES_A_QUERY: Final = 5_000
LETTERS_SQL: Final = (
    "SELECT origin_partition, origin_log_epoch, origin_offset,"
    " multiIf(has_value = 0, '', storage IN ('', 'full'), lower(hex(raw_hash)), digest) AS proof,"
    " toUnixTimestamp64Milli(min(received_at)) AS received_ms"
    " FROM dead_letter_records WHERE status = 'refused' AND storage != 'dropped' AND origin_topic = {topic:String}"
    " AND origin_partition IN ({partitions}) AND origin_log_epoch IN ({epochs}) AND origin_offset IN ({offsets})"
    " GROUP BY origin_partition, origin_log_epoch, origin_offset, proof"
)


class Claim(NamedTuple):
    """A record and the dead letter that it says to replay."""

    record: Record
    letter: LogPosition


async def true_claims(
    claims: Sequence[Claim], clickhouse: ClickHouse, before: LogPosition, content: ContentPolicy
) -> dict[int, int]:
    """Return when the dead letters were received that records replay, by the records' offsets.

    Each was refused before a position.
    """
    possible = [claim for claim in claims if _may_be_true(claim.letter, before)]
    known: dict[tuple[LogPosition, str], int] = {}
    for begin in range(0, len(possible), PLACES_A_QUERY):
        sql = letters_sql([claim.letter for claim in possible[begin : begin + PLACES_A_QUERY]])
        for row in await clickhouse.rows(sql, {"topic": before.topic}):
            place = LogPosition(before.topic, row["origin_partition"], row["origin_log_epoch"], row["origin_offset"])
            known[place, row["proof"]] = row["received_ms"]
    return {
        claim.record.offset: known[letter]
        for claim in possible
        for proof in _proofs(claim.record.value, content)
        if (letter := (claim.letter, proof)) in known
    }


def letters_sql(letters: Sequence[LogPosition]) -> str:
    """Return the query for letters that claims name; plain lists are read ten times as fast as tuples."""
    partitions, epochs = {letter.partition for letter in letters}, {letter.log_epoch for letter in letters}
    sql = LETTERS_SQL.replace("{partitions}", numbers_sql(partitions)).replace("{epochs}", numbers_sql(epochs))
    return sql.replace("{offsets}", numbers_sql({letter.offset for letter in letters}))


def numbers_sql(numbers: Iterable[int]) -> str:
    """Return a list of integers of our own reading in SQL."""
    return ",".join(f"{number:d}" for number in numbers)


def places_sql(places: Iterable[LogPosition]) -> str:
    """Return places of one topic as a list of tuples in SQL; they are integers of our own reading."""
    return ",".join(f"({place.partition:d},{place.log_epoch:d},{place.offset:d})" for place in places)


def _may_be_true(letter: LogPosition, before: LogPosition) -> bool:
    """Tell whether a letter can be older than a batch: what the batch itself may have written does not count."""
    if letter.topic != before.topic:
        return False
    return letter[:3] != before[:3] or letter.offset < before.offset


def _proofs(value: bytes | None, content: ContentPolicy) -> tuple[str, ...]:
    """Return what ClickHouse may have of a letter with this value: the hash of its bytes, or their keyed hash."""
    return ("",) if value is None else (sha256(value).hexdigest(), content.digest(value))
