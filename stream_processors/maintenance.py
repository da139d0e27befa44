"""Maintenance: a command holds all partitions for a while, so that no worker writes.

The claim is like a worker's, with a lease that is renewed as long as the command lives. Workers that are running are
refused by the fence and wait until the lease ends; a command that was killed holds nothing longer than the lease.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from stream_processors.clickhouse import ClickHouse
from stream_processors.errors import OperatorError
from stream_processors.positions import Range
from stream_processors.range_log import RangeLog

LEASE_SECONDS: Final = 60
PARTITIONS_SQL: Final = "SELECT DISTINCT topic, partition FROM ranges ORDER BY topic, partition"
LEASE_SQL: Final = (
    "INSERT INTO owners (topic, partition, owner_epoch, owner_id, lease_until, released)"
    " SELECT {topic:String}, {partition:UInt32}, {owner_epoch:UInt64}, {owner_id:String},"
    " now64(3) + INTERVAL {seconds:UInt32} SECOND, {released:UInt8}"
)


class Maintenance:
    """All partitions, held by one command. `latest` are the ranges of those that have been written."""

    def __init__(self, clickhouse: ClickHouse, owner_id: str) -> None:
        self._clickhouse = clickhouse
        self._owner_id = owner_id
        self._claims: dict[tuple[str, int], int] = {}
        self.latest: list[Range] = []

    def log(self, topic: str) -> RangeLog:
        """Return the range log of a topic, as this command writes it."""
        return RangeLog(self._clickhouse, topic, self._owner_id)

    async def take(self) -> None:
        """Claim all partitions that were ever written."""
        for row in await self._clickhouse.rows(PARTITIONS_SQL):
            topic, partition = row["topic"], row["partition"]
            self._claims[topic, partition] = await self.log(topic).claim(partition)
            await self._lease(topic, partition, released=False)
            if (latest := await self.log(topic).latest(partition)) is not None:
                self.latest.append(latest)

    async def renew(self) -> None:
        """Make the leases last from now; raises OperatorError when a claim was lost meanwhile."""
        for (topic, partition), epoch in self._claims.items():
            if not await self.log(topic).holds(partition, epoch):
                raise OperatorError(f"partition {partition} of {topic} was claimed by another process; run this again")
            await self._lease(topic, partition, released=False)

    async def release(self) -> None:
        """Let the workers go on."""
        for topic, partition in self._claims:
            await self._lease(topic, partition, released=True)

    async def set_fold_version(self, version: str) -> None:
        """Write into the range log that the facts are those of a fold version."""
        for latest in self.latest:
            epoch = self._claims[latest.topic, latest.partition]
            await self.log(latest.topic).write(replace(latest, fold_version=version, confirmed=True), epoch)

    async def _lease(self, topic: str, partition: int, *, released: bool) -> None:
        await self._clickhouse.command(
            LEASE_SQL,
            {
                "topic": topic,
                "partition": partition,
                "owner_epoch": self._claims[topic, partition],
                "owner_id": self._owner_id,
                "seconds": LEASE_SECONDS,
                "released": int(released),
            },
        )


@asynccontextmanager
async def maintenance(clickhouse: ClickHouse, owner_id: str) -> AsyncIterator[Maintenance]:
    """Hold all partitions inside the block."""
    held = Maintenance(clickhouse, owner_id)
    await held.take()
    renewing = asyncio.create_task(_renew(held))
    try:
        yield held
    finally:
        renewing.cancel()
        await held.release()


async def _renew(held: Maintenance) -> None:
    while True:
        await asyncio.sleep(LEASE_SECONDS / 4)
        await held.renew()
