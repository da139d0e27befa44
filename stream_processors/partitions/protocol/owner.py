"""The owner of a partition: the order of its steps, and what it concludes from the answers.

Acquire: claim the partition, so that every earlier owner is refused from now on; read the latest range; ask Kafka for
the bounds of the log. A confirmed range was written: its last record is read again, and if it is the same record, the
owner continues after it. An unconfirmed range is replayed: its records give the same block under the same token. If
another record is at that offset, or the log ends before it and brings no more, the log is a different one: a new log
epoch begins at its start. If Kafka no longer has all records of an unconfirmed range, ClickHouse decides: the rest is
written, or only compared when a part of the range was written.

The partition count decides which conversations a partition has. After a change, a replay uses the count of its range,
and no owner continues until every flush from before the change is written.

Flush: a block is prepared while the previous one is written; at most one is in flight. Kafka is asked whether the topic
is still the one of the claim, because offsets alone do not tell. The next range confirms the previous one; while idle,
and at the end, a confirmation does. A refused write ends the claim: if Kafka says that the partition is still ours, it
is claimed again. A changed log ends it too, after the write in flight.

The code below awaits nothing but `PartitionIO`, so that the model test can stop it between any two steps.
"""

import logging
from typing import Final

from stream_processors.errors import (
    FoldVersionMismatch,
    LogChanged,
    MaintenanceUnderWay,
    PartitionCountUnsettled,
    StaleOwner,
)
from stream_processors.kafka.records import LogPosition
from stream_processors.partitions.protocol import ranges
from stream_processors.partitions.protocol.io import NoBatch, PartitionIO, PrepareRequest, Replay
from stream_processors.partitions.ranges import (
    Proof,
    Range,
    ReadBatch,
    Start,
    resolve_start,
    resume_after_expiry,
    start_new_epoch,
)

logger = logging.getLogger(__name__)


class Owner:
    """The owner of one partition; `fold_version` is that of the facts that it writes."""

    def __init__(self, io: PartitionIO, topic: str, partition: int, fold_version: str) -> None:
        self._io: Final = io
        self._topic: Final = topic
        self._partition: Final = partition
        self._fold_version: Final = fold_version
        self._partitions = 0
        self._log_epoch = 0
        self._unconfirmed: Range | None = None

    async def own(self) -> None:
        """Own the partition until it is released or another worker's.

        Raises FoldVersionMismatch when its facts were written by another fold version.
        """
        while not await self._io.is_release_requested():
            try:
                await self._serve(await self._acquire())
            except (MaintenanceUnderWay, PartitionCountUnsettled) as error:
                self._report(error)
                await self._io.wait_for_others()
            except StaleOwner as error:
                self._report(error)
                if not await self._io.is_member():
                    return

    async def _acquire(self) -> Start:
        """Claim the partition and find out where to start."""
        self._partitions = await self._io.claim()
        self._unconfirmed = None
        latest = await self._io.read_latest_range()
        if latest and latest.fold_version != self._fold_version:
            raise FoldVersionMismatch(
                f"the facts of partition {self._partition} were written by fold {latest.fold_version}, this worker's is"
                f" {self._fold_version}: stop all workers, run `python -m stream_processors rebuild`"
            )
        start = await self._find_start(latest)
        if not self._is_replay_of_old_count(start) and not await self._io.are_others_written():
            raise PartitionCountUnsettled(
                "the partition count has changed, and other partitions have flushes of the old one"
            )
        return start

    def _is_replay_of_old_count(self, start: Start) -> bool:
        return start.replay is not None and start.replay.partitions != self._partitions

    async def _find_start(self, latest: Range | None) -> Start:
        bounds = await self._io.read_log_bounds()
        start = resolve_start(latest, *bounds)
        expired = start.partially_expired
        if expired is None:
            return start
        start = resume_after_expiry(expired, *bounds, await ranges.reconcile_partly_written(self._io, expired))
        if latest and start.replay is None:
            await ranges.confirm(self._io, latest)  # nothing is left to do for it
        return start

    async def _serve(self, start: Start) -> None:
        try:
            await self._begin(start)
            if (known := start.replay or start.verify) is not None:
                await self._replay_or_verify(known, start)
            if not self._is_replay_of_old_count(start):
                await self._flush_loop()
        except LogChanged as error:
            self._report(
                error
            )  # the claim still counts: the write in flight ends, and the next start finds it confirmed
        await self._confirm()

    async def _begin(self, start: Start) -> None:
        self._log_epoch = start.log_epoch
        await self._io.begin(start, start.replay.partitions if start.replay else self._partitions)

    async def _replay_or_verify(self, known: Range, start: Start) -> None:
        """Read up to the end of a known range: replay it, recognize it, or begin a new log epoch."""
        batch = await self._read_up_to(known, start)
        if batch is NoBatch.RELEASED:
            return
        if not isinstance(batch, ReadBatch) or not batch.ends(known):
            await self._begin_new_epoch(known)
        elif start.replay:
            if batch.first != known.first and not start.partially_expired:
                raise LogChanged(f"Kafka removed records of {known.token} before they were read again")
            replay = Replay.VERIFY_ONLY if start.was_partly_written else Replay.RESEND
            await self._flush(batch, known.partitions, known.seen_at, known.proofs, replay)

    async def _read_up_to(self, known: Range, start: Start) -> ReadBatch | NoBatch:
        try:
            return await self._io.read_up_to(known.last, start.log_may_be_truncated)
        except LogChanged:
            if not start.log_may_be_truncated:
                raise
            return NoBatch.IDLE

    async def _begin_new_epoch(self, known: Range) -> None:
        if not known.confirmed:
            await ranges.reconcile_partly_written(self._io, known)
            await ranges.confirm(self._io, known)  # nothing is left to do for it
        log_start, _ = await self._io.read_log_bounds()
        await self._begin(start_new_epoch(known, log_start))

    async def _flush_loop(self) -> None:
        while (batch := await self._io.gather()) is not NoBatch.RELEASED:
            if isinstance(batch, ReadBatch):
                await self._flush(batch, self._partitions, batch.seen_at)
            else:
                await self._confirm()

    async def _flush(
        self,
        batch: ReadBatch,
        partitions: int,
        seen_at: int,
        proofs: tuple[Proof, ...] | None = None,
        replay: Replay | None = None,
    ) -> None:
        """Prepare a batch while the previous one is written, then start to write it."""
        if batch.is_over_budget:
            await self._await_write()
            await self._io.evict()
        position = LogPosition(self._topic, self._partition, self._log_epoch, batch.first)
        prepared = await self._io.prepare(PrepareRequest(position, partitions, seen_at, proofs))
        await self._io.check_topic()
        await self._await_write()
        written = Range(
            *position,
            last=batch.last,
            rows=prepared.rows,
            partitions=partitions,
            fold_version=self._fold_version,
            last_record=batch.last_record,
            seen_at=seen_at,
            proofs=prepared.proofs,
        )
        await self._io.start_write(written, replay)

    async def _await_write(self) -> None:
        self._unconfirmed = await self._io.await_write() or self._unconfirmed

    async def _confirm(self) -> None:
        await self._await_write()
        if self._unconfirmed and not self._unconfirmed.confirmed:
            await ranges.confirm(self._io, self._unconfirmed)
            self._unconfirmed = None

    def _report(self, error: Exception) -> None:
        logger.warning("partition %d: %s", self._partition, error)
