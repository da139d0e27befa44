"""What workers made of replayed dead letters: settled, refused again, or not processed yet."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.dead_letters.claims import POSITIONS_PER_QUERY, positions_sql
from stream_processors.dead_letters.store import PendingDeadLetter
from stream_processors.kafka.records import LogPosition

PAUSE_SECONDS: Final = 0.5
OUTCOME_SQL: Final = (
    "SELECT origin_partition, origin_log_epoch, origin_offset, countIf(status != 'refused') AS settled,"
    " uniqExactIf((topic, partition, log_epoch, offset), status = 'refused') AS attempts FROM dead_letter_records"
    " WHERE origin_topic = {topic:String} AND (origin_partition, origin_log_epoch, origin_offset) IN ({positions})"
    " GROUP BY origin_partition, origin_log_epoch, origin_offset"
)


@dataclass(slots=True)
class Outcome:
    """The number of dead letters that were settled, were refused again, or still wait for a worker."""

    settled: int = 0
    refused: int = 0
    waiting: int = 0


async def wait_for_workers(
    clickhouse: ClickHouse,
    sent: Sequence[PendingDeadLetter],
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Return the outcome of replayed dead letters, as far as workers have processed them within some seconds."""
    outcome, waiting, deadline = Outcome(), list(sent), clock() + seconds
    while True:
        waiting = await _count(clickhouse, waiting, outcome)
        if not waiting or clock() >= deadline:
            outcome.waiting = len(waiting)
            return outcome
        await asyncio.sleep(PAUSE_SECONDS)


async def _count(
    clickhouse: ClickHouse, dead_letters: Sequence[PendingDeadLetter], outcome: Outcome
) -> list[PendingDeadLetter]:
    """Count the dead letters that workers have processed; return the others."""
    waiting: list[PendingDeadLetter] = []
    for begin in range(0, len(dead_letters), POSITIONS_PER_QUERY):
        page = dead_letters[begin : begin + POSITIONS_PER_QUERY]
        states = await _states(clickhouse, [dead_letter.position for dead_letter in page])
        for dead_letter in page:
            settled, attempts = states.get(dead_letter.position, (0, 0))
            if settled:
                outcome.settled += 1
            elif attempts > dead_letter.attempts:
                outcome.refused += 1
            else:
                waiting.append(dead_letter)
    return waiting


async def _states(clickhouse: ClickHouse, positions: Sequence[LogPosition]) -> dict[LogPosition, tuple[int, int]]:
    topic = positions[0].topic
    rows = await clickhouse.rows(OUTCOME_SQL.replace("{positions}", positions_sql(positions)), {"topic": topic})
    return {
        LogPosition(topic, row["origin_partition"], row["origin_log_epoch"], row["origin_offset"]): (
            row["settled"],
            row["attempts"],
        )
        for row in rows
    }
