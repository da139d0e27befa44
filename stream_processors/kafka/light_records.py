"""Light records: the records of the worker's Kafka client, without fields that no step reads.

The client's own records take 105 bytes more each, a sixth of the buffered memory
(`python -m benchmarks.scenarios.object_sizes`).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from aiokafka.consumer import fetcher

from stream_processors.kafka.bounded_batches import BoundedBatch, BoundedRecords
from stream_processors.kafka.records import UnreadableBatch

DAMAGED_FETCHES: Final = 3
_damaged: Final[Counter[tuple[Any, int, int]]] = Counter()


class LightRecord(msgspec.Struct, frozen=True, gc=False):
    """A record with the fields that the steps read."""

    partition: int
    offset: int
    timestamp: int | None
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class LightRecords(fetcher.PartitionRecords):  # type: ignore[misc] # aiokafka has no types
    """The client's iterator over the fetched records of a partition, which creates light records."""

    next_fetch_offset: int

    def _unpack_records(self) -> Iterator[LightRecord | UnreadableBatch]:
        while True:
            try:
                yield from super()._unpack_records()
            except Exception:
                # A damaged batch raises many errors, and none of them may end the partition. A MemoryError is one of
                # them: the client asks for as many bytes as a length of 2**63 - 99 says.
                if (batch := self._records.current()) is None:
                    raise
            else:
                return
            if batch.is_intact():
                yield from self._read_again(batch)
            elif self._is_damaged_for_good(batch):
                yield from self._refuse(batch, batch.first, f"its checksum was wrong in {DAMAGED_FETCHES} fetches")
                self.next_fetch_offset = batch.last + 1
            else:
                return  # the client fetches it again

    def _is_damaged_for_good(self, batch: BoundedBatch) -> bool:
        """Count the fetches of a batch with a wrong checksum: the network damages no two in the same way."""
        key = (self._tp, batch.first, batch.hash_of_bytes())
        _damaged[key] += 1
        if _damaged[key] < DAMAGED_FETCHES:
            return False
        del _damaged[key]
        return True

    def _refuse(self, batch: BoundedBatch, offset: int, why: str) -> Iterator[UnreadableBatch]:
        if offset >= self.next_fetch_offset:
            self.next_fetch_offset = offset + 1
            reason = f"{batch.describe()}: {why}"
            yield UnreadableBatch(self._tp.partition, offset, batch.timestamp, reason)

    def _read_again(self, batch: BoundedBatch) -> Iterator[LightRecord | UnreadableBatch]:
        """Yield the rest of a batch that the client could not read, with one stand-in for the unreadable part.

        The offset of the stand-in depends on the batch alone, so that it is the same wherever reading starts.
        """
        read = batch.first - 1
        try:
            for record in () if batch.is_control_batch else batch.read_any_header():
                read = record.offset
                if read >= self.next_fetch_offset:
                    self.next_fetch_offset = read + 1
                    yield self._consumer_record(self._tp, record)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 # as above
            yield from self._refuse(batch, min(read + 1, batch.last), str(error))
        self.next_fetch_offset = batch.last + 1

    def _consumer_record(self, tp: Any, record: Any) -> LightRecord:
        headers = tuple(record.headers) or _NO_HEADERS
        return LightRecord(tp.partition, record.offset, record.timestamp, record.key, record.value, headers)


_NO_HEADERS: Final[tuple[tuple[str, bytes | None], ...]] = ()


def make_light_records() -> None:
    """Make consumers of this process create light records."""
    fetcher.PartitionRecords = LightRecords
    fetcher.MemoryRecords = BoundedRecords
