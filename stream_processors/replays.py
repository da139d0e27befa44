"""Which dead letters the records of a batch replay: those that their headers name, as far as they are true.

Anybody can send a header. One counts when ClickHouse has that letter, of this topic, with the very bytes of the record;
then treating the record as a replay is right, whoever sent it. Any other is ignored: the record stands for itself.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from stream_processors.clickhouse import ClickHouse
from stream_processors.positions import LogPosition
from stream_processors.records import Record

PLACES_A_QUERY: Final = 5_000
LETTERS_SQL: Final = (
    "SELECT DISTINCT origin_partition, origin_log_epoch, origin_offset, has_value, lower(hex(SHA256(raw))) AS digest"
    " FROM dead_letter_records WHERE status = 'refused' AND origin_topic = {topic:String}"
    " AND (origin_partition, origin_log_epoch, origin_offset) IN ({places})"
)


class Claim(NamedTuple):
    """A record and the dead letter that it says to replay."""

    record: Record
    letter: LogPosition


async def true_claims(claims: Sequence[Claim], clickhouse: ClickHouse, before: LogPosition) -> dict[int, LogPosition]:
    """Return the dead letters that records replay, by the records' offsets; each was refused before a position."""
    possible = [claim for claim in claims if _may_be_true(claim.letter, before)]
    digests: dict[LogPosition, str | None] = {}
    letters = list(dict.fromkeys(claim.letter for claim in possible))
    for begin in range(0, len(letters), PLACES_A_QUERY):
        sql = LETTERS_SQL.replace("{places}", places_sql(letters[begin : begin + PLACES_A_QUERY]))
        for row in await clickhouse.rows(sql, {"topic": before.topic}):
            place = LogPosition(before.topic, row["origin_partition"], row["origin_log_epoch"], row["origin_offset"])
            digests[place] = row["digest"] if row["has_value"] else None
    return {
        claim.record.offset: claim.letter
        for claim in possible
        if claim.letter in digests and digests[claim.letter] == _digest(claim.record.value)
    }


def places_sql(places: Iterable[LogPosition]) -> str:
    """Return places of one topic as a list of tuples in SQL; they are integers of our own reading."""
    return ",".join(f"({place.partition:d},{place.log_epoch:d},{place.offset:d})" for place in places)


def _may_be_true(letter: LogPosition, before: LogPosition) -> bool:
    """Tell whether a letter can be older than a batch: what the batch itself may have written does not count."""
    if letter.topic != before.topic:
        return False
    return letter[:3] != before[:3] or letter.offset < before.offset


def _digest(value: bytes | None) -> str | None:
    return None if value is None else sha256(value).hexdigest()
