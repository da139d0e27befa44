"""What the range protocol may do: Kafka, ClickHouse and memory behind async methods.

A worker implements `PartitionIO` with real clients (`partitions/partition.py`), the model test with a model of both
servers. These methods raise errors that say who must act (`ProcessorError`) and retry after all others.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from stream_processors.kafka.records import LogPosition
from stream_processors.partitions.ranges import Proof, Range, ReadBatch, Start


class NoBatch(StrEnum):
    """Why there is no batch: nothing has come for a while, or the partition is to be released."""

    IDLE = "idle"
    RELEASED = "released"


class Replay(StrEnum):
    """How to replay a range of an earlier owner: send its block again, or only compare the tables with it."""

    RESEND = "resend"
    VERIFY_ONLY = "verify_only"


@dataclass(frozen=True, slots=True)
class PrepareRequest:
    """The records that were read last, to be taken through the steps.

    `position` is that of the first one. `seen_at` is when they were first seen, in milliseconds. `proofs` says for a
    replay which headers were found true then; None looks them up.
    """

    position: LogPosition
    partitions: int
    seen_at: int
    proofs: tuple[Proof, ...] | None


class Prepared(NamedTuple):
    """How many rows the steps made, and which headers were found true."""

    rows: int
    proofs: tuple[Proof, ...] = ()


class RangeIO(Protocol):
    """Write ranges and their blocks under one claim. Every write raises StaleOwner when a later claim exists."""

    async def read_latest_range(self) -> Range | None:
        """Return the latest range of the range log, None when nothing was ever written."""

    async def write_range(self, written: Range) -> int:
        """Write a range, or its confirmation, to the range log; return the number of attempts."""

    async def is_token_remembered(self, written: Range) -> bool:
        """Tell whether the tables still remember a range's token, if they ever had it."""

    async def insert_block(self, written: Range) -> int:
        """Insert a range's block under its token; return the number of attempts."""

    async def count_missing(self, written: Range) -> int:
        """Compare the tables with what a range must have left; return how many rows are missing.

        For a prepared flush its rows are known. Otherwise its events that are stored say what must be there.
        """

    async def insert_missing(self, written: Range) -> None:
        """Insert the rows that were found missing last, under a token of their own."""

    async def await_earlier_writes(self) -> None:
        """Wait until no block that passed the fence under an earlier claim can still reach the tables."""

    async def is_partly_written(self, written: Range) -> bool:
        """Tell whether any record of a range is in the tables, after waiting for earlier writes."""


class PartitionIO(RangeIO, Protocol):
    """Everything that the owner of a partition does."""

    async def claim(self) -> int:
        """Abandon the write in flight and claim the partition; return the topic's partition count.

        Raises MaintenanceUnderWay while a maintenance command holds the partition.
        """

    async def are_others_written(self) -> bool:
        """Tell whether the other partitions have written all flushes made for another partition count."""

    async def is_member(self) -> bool:
        """Ask Kafka whether this worker still owns the partition."""

    async def is_release_requested(self) -> bool:
        """Tell whether the partition is to be released."""

    async def wait_for_others(self) -> None:
        """Wait until a maintenance command, or another partition, may have finished."""

    async def read_log_bounds(self) -> tuple[int, int]:
        """Return the log's first offset and the one after its last."""

    async def check_topic(self) -> None:
        """Raise LogChanged when the topic is not the one that existed at the claim."""

    async def begin(self, start: Start, partitions: int) -> None:
        """Read from a start, with nothing in memory but which conversations exist.

        `partitions` is the topic's partition count, or that of the range to be replayed.
        """

    async def read_up_to(self, last: int, log_may_be_truncated: bool) -> ReadBatch | NoBatch:
        """Read all records up to an offset; IDLE when the log has none there, or may be truncated and brings no more.

        Raises LogChanged when offsets go back, when nothing comes, or when the topic was created again.
        """

    async def gather(self) -> ReadBatch | NoBatch:
        """Return records that are worth a flush; IDLE only while no write is in flight.

        Raises LogChanged when offsets go back, or when the topic was created again, and what made a write fail.
        """

    async def prepare(self, request: PrepareRequest) -> Prepared:
        """Take the records that were read last through the steps; the block waits for `start_write`."""

    async def evict(self) -> None:
        """Remove conversations from memory. All their events are written."""

    async def start_write(self, written: Range, replay: Replay | None) -> None:
        """Start to write the prepared block as a range, with `ranges.write`, while the owner continues."""

    async def await_write(self) -> Range | None:
        """Wait until no write is in flight; return the range written since the last call, or raise its error."""
