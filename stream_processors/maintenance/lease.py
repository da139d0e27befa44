"""Maintenance: a command holds all partitions for a while, so that no worker writes.

It claims them like a worker, with a lease that it renews as long as it runs. The fence refuses running workers, which
wait until the lease ends. When a command is killed, its partitions are free again after at most one lease.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from typing import Final, TypeVar

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.errors import MaintenanceUnderWay, OperatorError
from stream_processors.partitions.range_log import OwnerClaim, RangeLog
from stream_processors.partitions.ranges import Range

LEASE_SECONDS: Final = 30
# The range log does not name them all: a worker may have claimed a partition without writing to it yet.
PARTITIONS_SQL: Final = "SELECT DISTINCT topic, partition FROM owners ORDER BY topic, partition"
LEASE_SQL: Final = (
    "INSERT INTO owners (topic, partition, owner_epoch, owner_id, layout, partitions, lease_until, released)"
    " SELECT {topic:String}, {partition:UInt32}, {owner_epoch:UInt64}, {owner_id:String}, {layout:UInt64},"
    " {partitions:UInt32}, now64(3) + INTERVAL {seconds:UInt32} SECOND, {released:UInt8}"
)
T = TypeVar("T", OwnerClaim, Range)

logger = logging.getLogger(__name__)


class Maintenance:
    """All partitions, held by one command: `owner_claims` are its claims, `latest` their latest ranges."""

    def __init__(self, clickhouse: ClickHouse, owner_id: str) -> None:
        self._clickhouse = clickhouse
        self._owner_id = owner_id
        self.owner_claims: list[OwnerClaim] = []
        self.latest: list[Range] = []

    def log(self, topic: str) -> RangeLog:
        """Return the range log of a topic for this command."""
        return RangeLog(self._clickhouse, topic, self._owner_id)

    async def take(self) -> bool:
        """Claim all partitions that are not held, or no longer; tell whether there were any."""
        is_any = False
        for row in await self._clickhouse.rows(PARTITIONS_SQL):
            topic, partition = row["topic"], row["partition"]
            if await self._is_held(topic, partition):
                continue
            is_any = True
            self.owner_claims = [*_others(self.owner_claims, topic, partition), await self._claim(topic, partition)]
            latest = await self.log(topic).latest(partition)
            self.latest = [*_others(self.latest, topic, partition), *([latest] if latest else [])]
        return is_any

    async def _is_held(self, topic: str, partition: int) -> bool:
        """Tell whether our claim of a partition is still the latest."""
        own = [claim for claim in self.owner_claims if (claim.topic, claim.partition) == (topic, partition)]
        try:
            return bool(own) and await self.log(topic).holds(own[0])
        except MaintenanceUnderWay:
            return False

    async def _claim(self, topic: str, partition: int) -> OwnerClaim:
        """Claim a partition with a lease; wait for the lease of another command, which may have been killed."""
        log = self.log(topic)
        for _ in range(LEASE_SECONDS + 1):
            try:
                owner_claim = await log.claim(partition, None)
                await self._lease(owner_claim, released=False)
                if await log.holds(owner_claim):
                    return owner_claim
            except MaintenanceUnderWay as error:
                logger.warning("waiting: %s", error)
                await asyncio.sleep(1)
        raise OperatorError(f"another command holds partition {partition} of {topic}: run this again when it has ended")

    async def renew(self) -> None:
        """Make the leases last from now; raises OperatorError when a claim was lost meanwhile."""
        for owner_claim in self.owner_claims:
            if not await self.log(owner_claim.topic).holds(owner_claim):
                raise OperatorError(
                    f"partition {owner_claim.partition} of {owner_claim.topic} was claimed by another process; retry"
                )
            await self._lease(owner_claim, released=False)

    async def release(self) -> None:
        """Let the workers go on."""
        for owner_claim in self.owner_claims:
            await self._lease(owner_claim, released=True)

    async def set_fold_version(self, version: str) -> None:
        """Record in the range log which fold version the facts have."""
        epochs = {
            (owner_claim.topic, owner_claim.partition): owner_claim.owner_epoch for owner_claim in self.owner_claims
        }
        for latest in self.latest:
            changed = replace(latest, fold_version=version, confirmed=True)
            await self.log(latest.topic).write(changed, epochs[latest.topic, latest.partition])

    async def _lease(self, owner_claim: OwnerClaim, *, released: bool) -> None:
        parameters = {**asdict(owner_claim), "seconds": LEASE_SECONDS, "released": int(released)}
        await self._clickhouse.command(LEASE_SQL, parameters)


def _others(items: Sequence[T], topic: str, partition: int) -> list[T]:
    return [item for item in items if (item.topic, item.partition) != (topic, partition)]


@asynccontextmanager
async def maintenance(clickhouse: ClickHouse, owner_id: str) -> AsyncIterator[Maintenance]:
    """Hold all partitions inside the block."""
    lease = Maintenance(clickhouse, owner_id)
    renewing = asyncio.create_task(_renew(lease))
    try:
        await lease.take()
        await lease.take()  # a worker that read the claims before ours may have claimed after it
        yield lease
    finally:
        renewing.cancel()
        await lease.release()


async def _renew(lease: Maintenance) -> None:
    while True:
        await asyncio.sleep(LEASE_SECONDS / 4)
        await lease.renew()
