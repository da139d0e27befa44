"""Watermarks: how far each partition was written when an audit pass began.

A flush reaches the tables one after the other, so a reader may see a part of it. None of the unfinished flushes has
written a conversation without an event past its watermark: if such a conversation differs, it is a true difference.
For that to hold, the flushes that were in flight must have ended before the conversations are classified.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from stream_processors.clickhouse.client import ClickHouse, Row
from stream_processors.clickhouse.fact_tables import hash_condition

SETTLE_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.2
WATERMARKS_SQL: Final = "SELECT topic, partition, log_epoch, first, last, confirmed FROM latest_ranges"
ENDS_SQL: Final = (
    "SELECT conversation_hash, topic, partition, max((log_epoch, offset)) AS end FROM events WHERE {condition}"
    " GROUP BY conversation_hash, topic, partition"
)

# A topic and a partition.
TopicPartition = tuple[str, int]


class Watermark(NamedTuple):
    """The latest range of a partition."""

    log_epoch: int
    first: int
    last: int
    confirmed: int

    @property
    def written_below(self) -> tuple[int, int]:
        """The log epoch and the offset below which everything is written."""
        return self.log_epoch, self.last + 1 if self.confirmed else self.first


@dataclass(frozen=True, slots=True)
class Watermarks:
    """The watermark of each partition at one moment."""

    by_partition: Mapping[TopicPartition, Watermark]

    @classmethod
    async def read(cls, clickhouse: ClickHouse) -> "Watermarks":
        """Return the watermarks of now."""
        rows = await clickhouse.rows(WATERMARKS_SQL)
        return cls({_partition(row): Watermark(*(row[name] for name in Watermark._fields)) for row in rows})

    def is_past(self, partition: TopicPartition, end: tuple[int, int]) -> bool:
        """Tell whether an event, by log epoch and offset, lies past the watermark of its partition."""
        watermark = self.by_partition.get(partition)
        return watermark is None or end >= watermark.written_below


async def wait_until_settled(clickhouse: ClickHouse, seconds: float = SETTLE_SECONDS) -> set[TopicPartition]:
    """Wait until the flushes that are in flight now are written; return the partitions whose flush is not."""
    marks = (await Watermarks.read(clickhouse)).by_partition
    in_flight = {partition: mark for partition, mark in marks.items() if not mark.confirmed}
    for _ in range(int(seconds / POLL_SECONDS)):
        if not in_flight:
            break
        await asyncio.sleep(POLL_SECONDS)
        marks = (await Watermarks.read(clickhouse)).by_partition
        in_flight = {partition: mark for partition, mark in in_flight.items() if marks.get(partition) == mark}
    return set(in_flight)


class Classified(NamedTuple):
    """Conversations, by hash, whose differences prove nothing yet.

    Flushes have written to those `in_flux` since the watermarks. Those of `pending_replay` belong to partitions whose
    interrupted flush some owner will replay.
    """

    in_flux: set[int]
    pending_replay: set[int]


async def classify(
    clickhouse: ClickHouse, hashes: Iterable[int], watermarks: Watermarks, unsettled: set[TopicPartition]
) -> Classified:
    """Return which conversations flushes have written since the watermarks, or may yet write."""
    wanted = set(hashes)
    rows = await clickhouse.rows(ENDS_SQL.replace("{condition}", hash_condition(wanted)))
    in_flux = {row["conversation_hash"] for row in rows if watermarks.is_past(_partition(row), row["end"])}
    if not unsettled:
        return Classified(in_flux, set())
    pending_replay = {row["conversation_hash"] for row in rows if _partition(row) in unsettled}
    without_events = wanted - {row["conversation_hash"] for row in rows}
    return Classified(in_flux - pending_replay, pending_replay | without_events)


def _partition(row: Row) -> TopicPartition:
    return str(row["topic"]), int(row["partition"])
