"""Light records: the client's iterator makes them, with all that the steps read."""

from collections.abc import Sequence

from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_UNCOMMITTED, PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from stream_processors.light_records import LightRecord, LightRecords
from stream_processors.records import Record

SENT: Sequence[tuple[int, bytes | None, bytes | None, list[tuple[str, bytes]]]] = (
    (1_712_052_000_123, b"a/c", b'{"a":1}', [("h", b"1"), ("n", b"")]),
    (1_712_052_000_124, None, None, []),
)


def fetched(kind: type[PartitionRecords], first: int = 0) -> list[Record]:
    """What a client makes of two records that it fetched, from an offset on."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 10_000)
    for offset, (timestamp, key, value, headers) in enumerate(SENT):
        builder.append(offset, timestamp, key, value, headers)
    records = MemoryRecords(bytes(builder.build()))
    return list(kind(TopicPartition("t", 3), records, [], first, None, None, False, READ_UNCOMMITTED))


def test_a_light_record_holds_what_the_client_s_own_does() -> None:
    for light, own in zip(fetched(LightRecords), fetched(PartitionRecords), strict=True):
        assert isinstance(light, LightRecord)
        for name in LightRecord.__struct_fields__:
            assert getattr(light, name) == getattr(own, name)


def test_records_below_the_offset_that_was_asked_for_are_left_out() -> None:
    assert [record.offset for record in fetched(LightRecords, first=1)] == [1]
