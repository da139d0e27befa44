"""What the workers made of dead letters that were sent again: settled, refused once more, or not read yet."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.dead_letters.claims import PLACES_A_QUERY, places_sql
from stream_processors.dead_letters.store import PendingDeadLetter
from stream_processors.kafka.records import LogPosition

PAUSE_SECONDS: Final = 0.5
OUTCOME_SQL: Final = (
    "SELECT origin_partition, origin_log_epoch, origin_offset, countIf(status != 'refused') AS settled,"
    " uniqExactIf((topic, partition, log_epoch, offset), status = 'refused') AS attempts FROM dead_letter_records"
    " WHERE origin_topic = {topic:String} AND (origin_partition, origin_log_epoch, origin_offset) IN ({places})"
    " GROUP BY origin_partition, origin_log_epoch, origin_offset"
)


@dataclass(slots=True)
class Outcome:
    """How many letters were settled, were refused again, and wait for a worker."""

    settled: int = 0
    refused: int = 0
    waiting: int = 0


async def wait_for_workers(
    clickhouse: ClickHouse,
    sent: Sequence[PendingDeadLetter],
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Return what became of letters that were sent, as far as workers have seen to them within some seconds."""
    outcome, waiting, deadline = Outcome(), list(sent), clock() + seconds
    while True:
        waiting = await _look(clickhouse, waiting, outcome)
        if not waiting or clock() >= deadline:
            outcome.waiting = len(waiting)
            return outcome
        await asyncio.sleep(PAUSE_SECONDS)


async def _look(
    clickhouse: ClickHouse, letters: Sequence[PendingDeadLetter], outcome: Outcome
) -> list[PendingDeadLetter]:
    """Count the letters that workers have seen to; return the others."""
    waiting: list[PendingDeadLetter] = []
    for begin in range(0, len(letters), PLACES_A_QUERY):
        part = letters[begin : begin + PLACES_A_QUERY]
        found = await _states(clickhouse, [letter.place for letter in part])
        for letter in part:
            settled, attempts = found.get(letter.place, (0, 0))
            if settled:
                outcome.settled += 1
            elif attempts > letter.attempts:
                outcome.refused += 1
            else:
                waiting.append(letter)
    return waiting


async def _states(clickhouse: ClickHouse, places: Sequence[LogPosition]) -> dict[LogPosition, tuple[int, int]]:
    topic = places[0].topic
    rows = await clickhouse.rows(OUTCOME_SQL.replace("{places}", places_sql(places)), {"topic": topic})
    return {
        LogPosition(topic, row["origin_partition"], row["origin_log_epoch"], row["origin_offset"]): (
            row["settled"],
            row["attempts"],
        )
        for row in rows
    }
