"""A feed over records in memory: one log a partition, read on from where it was told to."""

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
    """Kafka in memory; `poll` is what the consumer's loop would do."""

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
        """Return how many partitions there are, and the id."""
        return TopicDescription(len(self.logs), self.made_as)

    async def bounds(self, partition: int) -> tuple[int, int]:
        """Return the first offset of a log, and the one after its last."""
        log = self.logs[partition]
        return (log[0].offset, log[-1].offset + 1) if log else (0, 0)

    async def seek_to(self, partition: int, offset: int) -> int:
        """Read a partition from an offset on."""
        self.positions[partition] = offset
        self.seeks[partition] += 1
        self.paused.discard(partition)
        return self.seeks[partition]

    def pause(self, partition: int) -> None:
        """Read no more of a partition for now."""
        self.paused.add(partition)

    def resume(self, partition: int) -> None:
        """Read on."""
        self.paused.discard(partition)

    def read_to(self, partition: int, taken: int) -> int:
        return taken

    def lag(self, partition: int, next_offset: int) -> int:
        """Return how many records wait behind an offset."""
        return sum(record.offset >= next_offset for record in self.logs[partition])

    def mark_written(self, partition: int, offset: int) -> None:
        """Take the offset below which everything has landed."""
        self.landed[partition] = offset

    async def is_member(self, partition: int) -> bool:
        """Tell whether a partition is still ours."""
        return self.is_ours

    async def forward(self, record: Record, key: bytes, partition: int, headers: Headers) -> None:
        """Keep a record that is to be produced again."""
        self.forwarded.append(ForwardedRecord(record, key, partition, headers))


def source_of(offsets: Sequence[int], partition: int = 0) -> InMemorySource:
    """A feed whose one partition holds a record of two bytes at each of these offsets."""
    return InMemorySource({partition: [KafkaRecord(partition, offset) for offset in offsets]})
