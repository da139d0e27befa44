"""Light records: what the worker's Kafka client makes of a fetched record, without what no step reads.

The client's own records take 130 bytes and 0.5 to 0.8 us more each: of what waits in memory a fifth.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from aiokafka.consumer import fetcher

from stream_processors.tolerant_records import KeptRecords, TolerantRecords


class LightRecord(msgspec.Struct, frozen=True, gc=False):
    """A record as the steps read it."""

    partition: int
    offset: int
    timestamp: int | None
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class LightRecords(fetcher.PartitionRecords):  # type: ignore[misc] # aiokafka has no types
    """The client's iterator over what it fetched of a partition, which makes light records."""

    def _unpack_records(self) -> Iterator[LightRecord]:
        try:
            yield from super()._unpack_records()
        except UnicodeDecodeError:
            reached = self.next_fetch_offset
        else:
            return
        self._records: Any = TolerantRecords(self._records.data)
        for record in super()._unpack_records():
            if record.offset >= reached:
                yield record

    def _consumer_record(self, tp: Any, record: Any) -> LightRecord:
        headers = tuple(record.headers) or _NO_HEADERS
        return LightRecord(tp.partition, record.offset, record.timestamp, record.key, record.value, headers)


_NO_HEADERS: Final[tuple[tuple[str, bytes | None], ...]] = ()


def make_light_records() -> None:
    """Let consumers of this process make light records from now on."""
    fetcher.PartitionRecords = LightRecords
    fetcher.MemoryRecords = KeptRecords
