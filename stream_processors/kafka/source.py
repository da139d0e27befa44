"""What a partition needs of Kafka; `transport.WholePollConsumer` gives it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, Self
from uuid import UUID

from stream_processors.kafka.records import Record

Headers = list[tuple[str, bytes | None]]

# Measured with tracemalloc: what a record takes beside the bytes of its key, value and headers.
RECORD_BYTES: Final = 240

# The tuple of a header, and its place in the list of them.
HEADER_BYTES: Final = 72


@dataclass(frozen=True, slots=True)
class Poll:
    """The records of one partition that one poll brought, in order of their offsets; never empty.

    `seeks` counts how often the partition's position had been set when the poll began; `bytes` is about the memory that
    the records take.
    """

    partition: int
    records: Sequence[Record]
    seeks: int
    bytes: int

    @property
    def first(self) -> int:
        """The offset of the first record."""
        return self.records[0].offset

    @classmethod
    def of(cls, partition: int, records: Sequence[Record], seeks: int) -> Self:
        """Return the poll of some records."""
        held = RECORD_BYTES * len(records) + sum(
            [len(record.value or b"") + len(record.key or b"") for record in records]
        )
        held += sum([_header_bytes(record) for record in records if record.headers])
        return cls(partition, records, seeks, held)


def _header_bytes(record: Record) -> int:
    return sum(HEADER_BYTES + len(name) + len(value or b"") for name, value in record.headers)


class TopicDescription(NamedTuple):
    """How many partitions a topic has, and its id: another one whenever it is made, None when the broker gives none.

    `under_replicated` counts the partitions that have fewer replicas in sync than they should.
    """

    partitions: int
    topic_id: UUID | None
    under_replicated: int = 0


class PartitionSource(Protocol):
    """Kafka, as far as the owner of a partition needs it."""

    async def describe(self) -> TopicDescription:
        """Ask Kafka what the topic is now."""
        ...

    async def bounds(self, partition: int) -> tuple[int, int]:
        """Return the first offset of a partition's log, and the one after its last."""
        ...

    async def seek_to(self, partition: int, offset: int) -> int:
        """Read a partition from an offset on; return how often its position has been set now."""
        ...

    def pause(self, partition: int) -> None:
        """Read no more of a partition for now."""
        ...

    def resume(self, partition: int) -> None:
        """Read on after a pause."""
        ...

    def read_to(self, partition: int, taken: int) -> int:
        """Return the offset below which nothing more comes, when all below `taken` was taken."""
        ...

    def lag(self, partition: int, next_offset: int) -> int:
        """Return how many committed records of a partition wait behind an offset."""
        ...

    def mark_written(self, partition: int, offset: int) -> None:
        """Take the offset below which everything has landed."""
        ...

    async def is_member(self, partition: int) -> bool:
        """Ask Kafka whether we still own a partition."""
        ...

    async def forward(self, record: Record, key: bytes, partition: int, headers: Headers) -> None:
        """Produce a record again, to another partition; return when Kafka has it.

        Raises InvalidRecord when Kafka takes it for too large.
        """
        ...
