"""Pending dead letters in ClickHouse: list them, choose some for a command, and record that they were dropped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import pyarrow as pa

from stream_processors.clickhouse.block import arrow_stream
from stream_processors.clickhouse.client import ClickHouse, Row
from stream_processors.clickhouse.columns import COLUMN_TYPES
from stream_processors.errors import OperatorError
from stream_processors.kafka.records import LogPosition
from stream_processors.process.identity import make_owner_id

Report = Callable[[int, int], None]

DROPS_PER_BLOCK: Final = 50_000
LIST_SQL: Final = (
    "SELECT topic, partition, log_epoch, offset, received_at, reason_code, reason, attempts, storage,"
    " length(raw) AS bytes FROM dead_letters WHERE {code:String} IN ('', reason_code)"
    " ORDER BY received_at DESC, topic, partition, log_epoch DESC, offset DESC LIMIT {limit:UInt32}"
)
SUMMARY_SQL: Final = (
    "SELECT reason_code, count() AS dead_letters, min(received_at) AS first, max(received_at) AS last"
    " FROM dead_letters GROUP BY reason_code ORDER BY dead_letters DESC, reason_code"
)
SHOW_SQL: Final = (
    "SELECT topic, partition, log_epoch, offset, received_at, reason_code, reason, attempts, storage, digest,"
    " has_value, hex(raw) AS raw, has_key, hex(key) AS key,"
    " arrayMap(header -> (header.1, hex(header.2)), headers) AS headers FROM dead_letters"
    " WHERE topic = {topic:String} AND partition = {partition:UInt32} AND offset = {offset:UInt64}"
    " ORDER BY log_epoch DESC LIMIT 1"
)
CHOOSE_SQL: Final = (
    "SELECT partition, log_epoch, offset, reason_code, attempts, if(storage = 'full', length(raw), 1048576) AS bytes"
    " FROM dead_letters"
    " WHERE topic = {topic:String} AND {code:String} IN ('', reason_code) AND {partition:Int64} IN (-1, partition)"
    " AND {offset:Int64} IN (-1, offset) ORDER BY received_at, partition, log_epoch, offset"
)


@dataclass(frozen=True, slots=True)
class DeadLetterFilter:
    """Which pending dead letters of a topic a command chooses; `limit` takes the oldest ones, 0 takes all."""

    topic: str
    reason_code: str | None = None
    partition: int | None = None
    offset: int | None = None
    limit: int = 0


class PendingDeadLetter(NamedTuple):
    """A dead letter that is neither replayed nor dropped: its position, latest reason, and the size of its value.

    A value that is not stored counts as the largest size of an event.
    """

    position: LogPosition
    reason_code: str
    attempts: int
    bytes: int


async def summary(clickhouse: ClickHouse) -> list[Row]:
    """Return the number of dead letters by reason code, the most frequent first."""
    return await clickhouse.rows(SUMMARY_SQL)


async def latest(clickhouse: ClickHouse, code: str, limit: int) -> list[Row]:
    """Return the latest dead letters, of one reason code or of all for ''."""
    return await clickhouse.rows(LIST_SQL, {"code": code, "limit": limit})


async def one(clickhouse: ClickHouse, topic: str, partition: int, offset: int) -> Row:
    """Return a dead letter with its bytes in hex; raises OperatorError when it does not exist."""
    rows = await clickhouse.rows(SHOW_SQL, {"topic": topic, "partition": partition, "offset": offset})
    if not rows:
        raise OperatorError(
            f"there is no dead letter at {topic}/{partition}/{offset}; `dead-letters list` names those that there are"
        )
    return rows[0]


async def choose(clickhouse: ClickHouse, wanted: DeadLetterFilter) -> list[PendingDeadLetter]:
    """Return the pending dead letters that a filter matches, the oldest first."""
    parameters = {
        "topic": wanted.topic,
        "code": wanted.reason_code or "",
        "partition": -1 if wanted.partition is None else wanted.partition,
        "offset": -1 if wanted.offset is None else wanted.offset,
    }
    rows = await clickhouse.rows(f"{CHOOSE_SQL} LIMIT {wanted.limit:d}" if wanted.limit else CHOOSE_SQL, parameters)
    return [
        PendingDeadLetter(
            LogPosition(wanted.topic, row["partition"], row["log_epoch"], row["offset"]),
            row["reason_code"],
            row["attempts"],
            row["bytes"],
        )
        for row in rows
    ]


async def drop(clickhouse: ClickHouse, chosen: Sequence[PendingDeadLetter], report: Report) -> None:
    """Record that dead letters were dropped; `report` gets the number done, and of all."""
    token = f"drop:{make_owner_id()}"
    for begin in range(0, len(chosen), DROPS_PER_BLOCK):
        part = chosen[begin : begin + DROPS_PER_BLOCK]
        batch = _dropped([dead_letter.position for dead_letter in part])
        await clickhouse.insert_block(
            "dead_letter_records", batch.schema.names, arrow_stream(batch), f"{token}:{begin}"
        )
        report(begin + len(part), len(chosen))


def _dropped(positions: Sequence[LogPosition]) -> pa.RecordBatch:
    """Return rows of `dead_letter_records` that record the drop of dead letters."""
    fields = zip(LogPosition._fields, zip(*positions, strict=True), strict=True)
    columns = {f"origin_{name}": values for name, values in fields} | {"status": ["dropped"] * len(positions)}
    return pa.record_batch(columns, schema=pa.schema([(name, COLUMN_TYPES[name]) for name in columns]))
