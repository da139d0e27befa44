"""The range log and the claims in ClickHouse: what has been written of a partition, and who may write next.

A claim is written before the log is read, so that whoever wrote before is refused from then on (the fence). A range is
written before its block. Writing the next range, or a confirmation, says that the one before has landed.
"""

from typing import Final

import pyarrow as pa

from stream_processors.clickhouse import ClickHouse
from stream_processors.errors import MaintenanceUnderWay
from stream_processors.inbox import COUNT, SMALL, TEXT, TIME, arrow_stream
from stream_processors.positions import Fingerprint, Range

CLAIM_SQL: Final = (
    "SELECT owner_epoch, owner_id, max(lease_until) > now64(3) AND max(released) = 0 AS leased FROM owners"
    " WHERE topic = {topic:String} AND partition = {partition:UInt32}"
    " GROUP BY owner_epoch, owner_id ORDER BY owner_epoch DESC, owner_id DESC LIMIT 1"
)
LATEST_SQL: Final = (
    "SELECT log_epoch, first, last, rows, fold_version, toUnixTimestamp64Milli(last_record_time) AS last_record_ms,"
    " last_record_hash, confirmed FROM ranges WHERE topic = {topic:String} AND partition = {partition:UInt32}"
    " ORDER BY owner_epoch DESC, log_epoch DESC, first DESC, confirmed DESC LIMIT 1"
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
    "fold_version": TEXT,
    "last_record_time": TIME,
    "last_record_hash": COUNT,
    "confirmed": pa.uint8(),
}


class RangeLog:
    """The claims and ranges of one topic, as one owner writes and reads them."""

    def __init__(self, clickhouse: ClickHouse, topic: str, owner_id: str) -> None:
        self._clickhouse = clickhouse
        self._topic = topic
        self.owner_id = owner_id

    async def claim(self, partition: int) -> int:
        """Claim a partition and return the owner epoch under which to write.

        Raises MaintenanceUnderWay while a maintenance command holds the partition.
        """
        while True:
            epoch, _ = await self._latest_claim(partition)
            mine = epoch + 1
            row = {"topic": self._topic, "partition": partition, "owner_epoch": mine, "owner_id": self.owner_id}
            await self._clickhouse.insert_row("owners", row)
            if await self._latest_claim(partition) == (mine, self.owner_id):
                return mine

    async def holds(self, partition: int, owner_epoch: int) -> bool:
        """Tell whether a claim of ours is still the latest one."""
        return await self._latest_claim(partition) == (owner_epoch, self.owner_id)

    async def _latest_claim(self, partition: int) -> tuple[int, str]:
        rows = await self._clickhouse.rows(CLAIM_SQL, {"topic": self._topic, "partition": partition})
        if not rows:
            return 0, ""
        if rows[0]["leased"] and rows[0]["owner_id"] != self.owner_id:
            raise MaintenanceUnderWay(f"partition {partition} is held by {rows[0]['owner_id']}")
        return rows[0]["owner_epoch"], rows[0]["owner_id"]

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
            fold_version=row["fold_version"],
            last_record=Fingerprint(row["last_record_ms"], row["last_record_hash"]),
            confirmed=bool(row["confirmed"]),
        )

    async def write(self, written: Range, owner_epoch: int) -> None:
        """Write a range, or its confirmation; raises StaleOwner when another claim is later than ours."""
        values = (
            written.topic,
            written.partition,
            written.log_epoch,
            owner_epoch,
            self.owner_id,
            written.first,
            written.last,
            written.rows,
            written.fold_version,
            written.last_record.time,
            written.last_record.hash,
            int(written.confirmed),
        )
        arrays = [pa.array([value], type=kind) for value, kind in zip(values, RANGE_TYPES.values(), strict=True)]
        token = f"{written.token}:{owner_epoch}:{int(written.confirmed)}"
        data = arrow_stream(pa.record_batch(arrays, names=list(RANGE_TYPES)))
        await self._clickhouse.insert_block("range_inbox", list(RANGE_TYPES), data, token)
