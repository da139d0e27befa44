"""A partition source over records in memory, with one log for each partition."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from stream_processors.kafka.records import Record
from stream_processors.kafka.source import Headers, Poll, TopicDescription
from tests.support.kafka.records import KafkaRecord


@dataclass(frozen=True, slots=True)
class ForwardedRecord:
    """A record that was produced again."""

    record: Record
    key: bytes
    partition: int
    headers: Headers


@dataclass(slots=True)
class InMemorySource:
    """Kafka in memory; `poll` does what the consumer's loop would do."""

    logs: dict[int, list[KafkaRecord]]
    is_ours: bool = True
    paused: set[int] = field(default_factory=set)
    landed: dict[int, int] = field(default_factory=dict)
    forwarded: list[ForwardedRecord] = field(default_factory=list)
    positions: dict[int, int] = field(default_factory=dict)
    seeks: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    made_as: UUID | None = None

    def poll(self, partition: int, most: int) -> Poll | None:
        """Return the next records of a partition as a poll; None when it is paused or at its end."""
        position = self.positions[partition]
        records = [record for record in self.logs[partition] if record.offset >= position][:most]
        if partition in self.paused or not records:
            return None
        self.positions[partition] = records[-1].offset + 1
        return Poll.of(partition, records, self.seeks[partition])

    async def describe(self) -> TopicDescription:
        """Return the partition count and the topic id."""
        return TopicDescription(len(self.logs), self.made_as)

    async def bounds(self, partition: int) -> tuple[int, int]:
        """Return the first offset of a log, and the one after its last."""
        log = self.logs[partition]
        return (log[0].offset, log[-1].offset + 1) if log else (0, 0)

    async def seek_to(self, partition: int, offset: int) -> int:
        """Continue reading a partition at an offset."""
        self.positions[partition] = offset
        self.seeks[partition] += 1
        self.paused.discard(partition)
        return self.seeks[partition]

    def pause(self, partition: int) -> None:
        """Stop reading a partition."""
        self.paused.add(partition)

    def resume(self, partition: int) -> None:
        """Continue reading a partition."""
        self.paused.discard(partition)

    def read_to(self, partition: int, taken: int) -> int:
        return taken

    def lag(self, partition: int, next_offset: int) -> int:
        """Return the number of records from an offset on."""
        return sum(record.offset >= next_offset for record in self.logs[partition])

    def mark_written(self, partition: int, offset: int) -> None:
        """Record the offset below which everything is written."""
        self.landed[partition] = offset

    async def is_member(self, partition: int) -> bool:
        """Return whether the partition is still assigned."""
        return self.is_ours

    async def forward(self, record: Record, key: bytes, partition: int, headers: Headers) -> None:
        """Record a record that is to be produced again."""
        self.forwarded.append(ForwardedRecord(record, key, partition, headers))


def source_of(offsets: Sequence[int], partition: int = 0) -> InMemorySource:
    """Return a source with one partition that holds a record of two bytes at each of these offsets."""
    return InMemorySource({partition: [KafkaRecord(partition, offset) for offset in offsets]})
