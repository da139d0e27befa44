"""The interface to Kafka that a partition needs; `consumer.WholePollConsumer` implements it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, Self
from uuid import UUID

from stream_processors.kafka.records import Record

Headers = list[tuple[str, bytes | None]]

# Measured with tracemalloc: the memory of a record besides the bytes of its key, value and headers.
RECORD_BYTES: Final = 240

# The tuple of a header, and its slot in the list.
HEADER_BYTES: Final = 72


@dataclass(frozen=True, slots=True)
class Poll:
    """The records of one partition in one poll, in order of their offsets; never empty.

    `seeks` counts how often the position had been set when the poll began. `bytes` is about the memory of the records.
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
        """Return a poll of records."""
        held = RECORD_BYTES * len(records) + sum(
            [len(record.value or b"") + len(record.key or b"") for record in records]
        )
        held += sum([_header_bytes(record) for record in records if record.headers])
        return cls(partition, records, seeks, held)


def _header_bytes(record: Record) -> int:
    return sum(HEADER_BYTES + len(name) + len(value or b"") for name, value in record.headers)


class TopicDescription(NamedTuple):
    """A topic's partition count and id; a topic that is created again has another id, None if the broker has no ids.

    `under_replicated` counts the partitions with too few in-sync replicas.
    """

    partitions: int
    topic_id: UUID | None
    under_replicated: int = 0


class PartitionSource(Protocol):
    """The part of Kafka that the owner of a partition needs."""

    async def describe(self) -> TopicDescription:
        """Ask Kafka for the topic's partition count and id."""
        ...

    async def bounds(self, partition: int) -> tuple[int, int]:
        """Return the first offset of a partition's log, and the one after its last."""
        ...

    async def seek_to(self, partition: int, offset: int) -> int:
        """Read a partition from an offset; return how often its position has been set."""
        ...

    def pause(self, partition: int) -> None:
        """Stop reading a partition for now."""
        ...

    def resume(self, partition: int) -> None:
        """Continue reading after a pause."""
        ...

    def read_to(self, partition: int, taken: int) -> int:
        """Return the offset below which nothing more will come, if everything below `taken` was taken."""
        ...

    def lag(self, partition: int, next_offset: int) -> int:
        """Return how many committed records of a partition wait after an offset."""
        ...

    def mark_written(self, partition: int, offset: int) -> None:
        """Record the offset below which everything is written."""
        ...

    async def is_member(self, partition: int) -> bool:
        """Ask Kafka whether this worker still owns a partition."""
        ...

    async def forward(self, record: Record, key: bytes, partition: int, headers: Headers) -> None:
        """Produce a record again, to another partition; return when Kafka has it.

        Raises InvalidRecord if it is too large for Kafka.
        """
        ...
