"""The cut: up to where each partition had landed when an audit began to look.

A flush arrives in the tables one after the other, so whoever reads meanwhile sees a part of it. A conversation that has
no event behind the cut was written by none of these flushes: if it differs, it differs. To know that, the flushes that
were under way must have ended first.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.fact_tables import hash_condition

SETTLE_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 0.2
LATEST_SQL: Final = "SELECT topic, partition, log_epoch, first, last, confirmed FROM latest_ranges"
ENDS_SQL: Final = (
    "SELECT conversation_hash, topic, partition, max((log_epoch, offset)) AS end FROM events WHERE {condition}"
    " GROUP BY conversation_hash, topic, partition"
)

# A topic and a partition.
Place = tuple[str, int]


class Latest(NamedTuple):
    """The latest range of a partition."""

    log_epoch: int
    first: int
    last: int
    confirmed: int

    @property
    def landed_below(self) -> tuple[int, int]:
        """The log epoch and the offset below which everything has landed."""
        return self.log_epoch, self.last + 1 if self.confirmed else self.first


@dataclass(frozen=True, slots=True)
class Cut:
    """The latest range of each partition at one moment."""

    latest: Mapping[Place, Latest]

    @classmethod
    async def read(cls, clickhouse: ClickHouse) -> "Cut":
        """Return the cut of now."""
        rows = await clickhouse.rows(LATEST_SQL)
        return cls({_place(row): Latest(*(row[name] for name in Latest._fields)) for row in rows})

    def is_touched(self, place: Place, end: tuple[int, int]) -> bool:
        """Tell whether an event, by log epoch and offset, lies behind the cut."""
        latest = self.latest.get(place)
        return latest is None or end >= latest.landed_below


async def wait_until_settled(clickhouse: ClickHouse, seconds: float = SETTLE_SECONDS) -> set[Place]:
    """Wait until the flushes that are under way now have landed; return the partitions in which one has not."""
    under_way = {place: latest for place, latest in (await Cut.read(clickhouse)).latest.items() if not latest.confirmed}
    for _ in range(int(seconds / LOOK_SECONDS)):
        if not under_way:
            break
        await asyncio.sleep(LOOK_SECONDS)
        now = (await Cut.read(clickhouse)).latest
        under_way = {place: latest for place, latest in under_way.items() if now.get(place) == latest}
    return set(under_way)


class Parted(NamedTuple):
    """Conversations, by hash, that flushes have touched since a cut, and those of partitions that wait for one."""

    touched: set[int]
    waiting: set[int]


async def part(clickhouse: ClickHouse, hashes: Iterable[int], cut: Cut, unsettled: set[Place]) -> Parted:
    """Find out which conversations flushes have written since a cut, or may yet write."""
    wanted = set(hashes)
    rows = await clickhouse.rows(ENDS_SQL.replace("{condition}", hash_condition(wanted)))
    touched = {row["conversation_hash"] for row in rows if cut.is_touched(_place(row), row["end"])}
    if not unsettled:
        return Parted(touched, set())
    waiting = {row["conversation_hash"] for row in rows if _place(row) in unsettled}
    without_events = wanted - {row["conversation_hash"] for row in rows}
    return Parted(touched - waiting, waiting | without_events)


def _place(row: Mapping[str, object]) -> Place:
    return str(row["topic"]), int(str(row["partition"]))
