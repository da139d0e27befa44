"""Dead letters: what was refused, why, and the bytes as they came."""

from typing import Final

from stream_processors.clickhouse import ClickHouse, Row
from stream_processors.errors import OperatorError

LIST_SQL: Final = (
    "SELECT topic, partition, log_epoch, offset, received_at, reason_code, reason, length(raw) AS bytes"
    " FROM dead_letters WHERE {code:String} IN ('', reason_code)"
    " ORDER BY received_at DESC, topic, partition, offset DESC LIMIT {limit:UInt32}"
)
SUMMARY_SQL: Final = (
    "SELECT reason_code, count() AS letters, min(received_at) AS first, max(received_at) AS last"
    " FROM dead_letters GROUP BY reason_code ORDER BY letters DESC, reason_code"
)
SHOW_SQL: Final = (
    "SELECT topic, partition, log_epoch, offset, received_at, reason_code, reason, hex(raw) AS raw, has_value,"
    " hex(key) AS key, arrayMap(header -> (header.1, hex(header.2)), headers) AS headers FROM dead_letters"
    " WHERE topic = {topic:String} AND partition = {partition:UInt32} AND offset = {offset:UInt64}"
    " ORDER BY log_epoch DESC LIMIT 1"
)


async def summary(clickhouse: ClickHouse) -> list[Row]:
    """Return how many dead letters there are of each reason code, most first."""
    return await clickhouse.rows(SUMMARY_SQL)


async def latest(clickhouse: ClickHouse, code: str, limit: int) -> list[Row]:
    """Return the latest dead letters, of one reason code or of all for ''."""
    return await clickhouse.rows(LIST_SQL, {"code": code, "limit": limit})


async def one(clickhouse: ClickHouse, topic: str, partition: int, offset: int) -> Row:
    """Return a dead letter with its bytes in hex; raises OperatorError when there is none."""
    rows = await clickhouse.rows(SHOW_SQL, {"topic": topic, "partition": partition, "offset": offset})
    if not rows:
        raise OperatorError(
            f"there is no dead letter at {topic}/{partition}/{offset}; `dead-letters list` names those that there are"
        )
    return rows[0]
