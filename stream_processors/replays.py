"""Which dead letters the records of a batch replay: those that their headers name, as far as they are true.

Anybody can send a header. One counts when ClickHouse has that letter, of this topic, with the very bytes of the record,
or their keyed hash; then treating the record as a replay is right, whoever sent it. The size of a letter is compared
first, so that small records which name large letters make ClickHouse read none of them. A letter of which neither bytes
nor hash are stored proves nothing.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from stream_processors.clickhouse import ClickHouse
from stream_processors.positions import LogPosition
from stream_processors.records import Record
from stream_processors.storage_policy import ContentPolicy

PLACES_A_QUERY: Final = 5_000
LETTERS_SQL: Final = (
    "SELECT origin_partition, origin_log_epoch, origin_offset,"
    " multiIf(has_value = 0, '', storage IN ('', 'full'), lower(hex(SHA256(raw))), digest) AS proof,"
    " toUnixTimestamp64Milli(min(received_at)) AS received_ms"
    " FROM dead_letter_records WHERE status = 'refused' AND storage != 'dropped' AND origin_topic = {topic:String}"
    " AND (origin_partition, origin_log_epoch, origin_offset) IN ({places})"
    " AND (storage = 'hashed'"
    " OR (origin_partition, origin_log_epoch, origin_offset, length(raw)) IN ({sizes}))"
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
        sql = _letters_sql(possible[begin : begin + PLACES_A_QUERY])
        for row in await clickhouse.rows(sql, {"topic": before.topic}):
            place = LogPosition(before.topic, row["origin_partition"], row["origin_log_epoch"], row["origin_offset"])
            known[place, row["proof"]] = row["received_ms"]
    return {
        claim.record.offset: known[letter]
        for claim in possible
        for proof in _proofs(claim.record.value, content)
        if (letter := (claim.letter, proof)) in known
    }


def _letters_sql(claims: Sequence[Claim]) -> str:
    sizes = {(*claim.letter[1:], len(claim.record.value or b"")) for claim in claims}
    listed = ",".join(f"({partition:d},{epoch:d},{offset:d},{size:d})" for partition, epoch, offset, size in sizes)
    places = places_sql({claim.letter for claim in claims})
    return LETTERS_SQL.replace("{places}", places).replace("{sizes}", listed)


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
