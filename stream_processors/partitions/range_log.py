"""The range log and the claims in ClickHouse: what was written of a partition, and who may write next.

A claim is written before the range log is read, so that every earlier owner is refused from then on (the fence). A
range is written before its block. Writing the next range, or a confirmation, says that the previous block was written.

A claim records the partition count of the topic, which decides which conversations a partition has. All writers must
agree on it, so the fence refuses claims with another count than the latest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from stream_processors.clickhouse.block import Block, Segment, arrow_stream, build_block
from stream_processors.clickhouse.client import ClickHouse, Row
from stream_processors.clickhouse.columns import COUNT, FLAG, SMALL, TEXT, TIME
from stream_processors.errors import MaintenanceUnderWay
from stream_processors.partitions.ranges import Fingerprint, Proof, Range

# The greatest tuple is the latest claim. Renewals add rows; the greatest lease is the latest.
CLAIMS_SQL: Final = (
    "SELECT max((layout, partitions)) AS latest_layout,"
    " maxIf((owner_epoch, owner_id, lease_until), partition = {partition:UInt32}) AS latest,"
    " maxIf((owner_epoch, owner_id, released), partition = {partition:UInt32}).3 AS is_released,"
    " latest.1 AS epoch, latest.2 AS owner, latest.3 > now64(3) AND NOT is_released AS is_leased"
    " FROM owners WHERE topic = {topic:String}"
)
UNSETTLED_SQL: Final = (
    "SELECT partition FROM latest_ranges WHERE topic = {topic:String}"
    " AND partition < {partitions:UInt32} AND partition != {partition:UInt32}"
    " AND NOT confirmed AND partitions != {partitions:UInt32} ORDER BY partition"
)
LATEST_SQL: Final = (
    "SELECT log_epoch, first, last, rows, partitions, fold_version,"
    " toUnixTimestamp64Milli(last_record_time) AS last_record_ms, last_record_hash, confirmed,"
    " toUnixTimestamp64Milli(seen_at) AS seen_ms,"
    " arrayMap(proof -> (proof.1, toUnixTimestamp64Milli(proof.2), proof.3), proofs) AS proved"
    " FROM latest_ranges WHERE topic = {topic:String} AND partition = {partition:UInt32}"
)
RANGE_TYPES: Final = {
    "topic": TEXT,
    "partition": SMALL,
    "log_epoch": COUNT,
    "owner_epoch": COUNT,
    "owner_id": TEXT,
    "first": COUNT,
    "last": COUNT,
    "rows": SMALL,
    "partitions": SMALL,
    "fold_version": TEXT,
    "last_record_time": TIME,
    "last_record_hash": COUNT,
    "confirmed": pa.uint8(),
    "seen_at": TIME,
    "proofs": pa.list_(pa.struct([("offset", COUNT), ("received_at", TIME), ("is_replay", FLAG)])),
}


@dataclass(frozen=True, slots=True)
class OwnerClaim:
    """The right to write a partition, until a later claim or a claim with another partition count."""

    topic: str
    partition: int
    owner_epoch: int
    owner_id: str
    layout: int
    partitions: int

    @property
    def columns(self) -> dict[str, str | int]:
        """The columns that the fence checks."""
        return {
            "topic": self.topic,
            "partition": self.partition,
            "owner_epoch": self.owner_epoch,
            "owner_id": self.owner_id,
        }

    def block(self, segments: Sequence[Segment], log_epoch: int = 0) -> Block:
        """Return rows as a block that the fence accepts; only records need the log epoch."""
        return build_block(segments, {**self.columns, "log_epoch": log_epoch})


class RangeLog:
    """The claims and ranges of one topic, written and read by one owner."""

    def __init__(self, clickhouse: ClickHouse, topic: str, owner_id: str) -> None:
        self._clickhouse = clickhouse
        self._topic = topic
        self.owner_id = owner_id

    async def claim(self, partition: int, partitions: int | None) -> OwnerClaim:
        """Claim a partition of a topic with a partition count; None takes the count of the latest claim.

        Raises MaintenanceUnderWay while a maintenance command holds the partition.
        """
        while True:
            claims = await self._claims(partition)
            layout, counted = claims["latest_layout"]
            if partitions not in (None, counted):
                layout, counted = layout + 1, partitions or 0
            own_claim = OwnerClaim(self._topic, partition, claims["epoch"] + 1, self.owner_id, layout, counted)
            await self._clickhouse.insert_row("owners", {**own_claim.columns, "layout": layout, "partitions": counted})
            if await self.holds(own_claim):
                return own_claim

    async def holds(self, owner_claim: OwnerClaim) -> bool:
        """Tell whether a claim is still the latest."""
        claims = await self._claims(owner_claim.partition)
        is_latest = (claims["epoch"], claims["owner"]) == (owner_claim.owner_epoch, owner_claim.owner_id)
        return is_latest and claims["latest_layout"] == (owner_claim.layout, owner_claim.partitions)

    async def unsettled(self, owner_claim: OwnerClaim) -> list[int]:
        """Return the other partitions with an unconfirmed flush of another partition count."""
        parameters = {"topic": self._topic, "partition": owner_claim.partition, "partitions": owner_claim.partitions}
        return [row["partition"] for row in await self._clickhouse.rows(UNSETTLED_SQL, parameters)]

    async def _claims(self, partition: int) -> Row:
        """Return the latest claims; raises MaintenanceUnderWay while a maintenance command holds the partition."""
        (claims,) = await self._clickhouse.rows(CLAIMS_SQL, {"topic": self._topic, "partition": partition})
        if claims["is_leased"] and claims["owner"] != self.owner_id:
            raise MaintenanceUnderWay(f"partition {partition} is held by {claims['owner']}")
        return claims

    async def latest(self, partition: int) -> Range | None:
        """Return the latest range of a partition, None when nothing was ever written."""
        rows = await self._clickhouse.rows(LATEST_SQL, {"topic": self._topic, "partition": partition})
        if not rows:
            return None
        row = rows[0]
        return Range(
            topic=self._topic,
            partition=partition,
            log_epoch=row["log_epoch"],
            first=row["first"],
            last=row["last"],
            rows=row["rows"],
            partitions=row["partitions"],
            fold_version=row["fold_version"],
            last_record=Fingerprint(row["last_record_ms"], row["last_record_hash"]),
            confirmed=bool(row["confirmed"]),
            seen_at=row["seen_ms"],
            proofs=tuple(Proof(offset, at, bool(is_replay)) for offset, at, is_replay in row["proved"]),
        )

    async def write(self, written: Range, owner_epoch: int) -> None:
        """Write a range, or its confirmation; raises StaleOwner when a later claim exists."""
        values = (
            written.topic,
            written.partition,
            written.log_epoch,
            owner_epoch,
            self.owner_id,
            written.first,
            written.last,
            written.rows,
            written.partitions,
            written.fold_version,
            written.last_record.time,
            written.last_record.hash,
            int(written.confirmed),
            written.seen_at,
            [proof._asdict() for proof in written.proofs],
        )
        arrays = [pa.array([value], type=kind) for value, kind in zip(values, RANGE_TYPES.values(), strict=True)]
        token = f"{written.token}:{owner_epoch}:{int(written.confirmed)}"
        data = arrow_stream(pa.record_batch(arrays, names=list(RANGE_TYPES)))
        await self._clickhouse.insert_block("range_inbox", list(RANGE_TYPES), data, token)
