"""Light records: the client's iterator makes them, with all that the steps read."""

import gzip
import struct
from collections.abc import Sequence

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_UNCOMMITTED, PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from stream_processors.kafka.bounded_batches import BoundedRecords
from stream_processors.kafka.light_records import LightRecord, LightRecords
from stream_processors.kafka.records import Record

SENT: Sequence[tuple[int, bytes | None, bytes | None, list[tuple[str, bytes]]]] = (
    (1_712_052_000_123, b"a/c", b'{"a":1}', [("h", b"1"), ("n", b"")]),
    (1_712_052_000_124, None, None, []),
)


def fetched(kind: type[PartitionRecords], first: int = 0) -> list[Record]:
    """What a client makes of two records that it fetched, from an offset on."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 10_000)
    for offset, (timestamp, key, value, headers) in enumerate(SENT):
        builder.append(offset, timestamp, key, value, headers)
    records = BoundedRecords(bytes(builder.build()))
    return list(kind(TopicPartition("t", 3), records, [], first, None, None, False, READ_UNCOMMITTED))


def test_a_light_record_holds_what_the_client_s_own_does() -> None:
    for light, own in zip(fetched(LightRecords), fetched(PartitionRecords), strict=True):
        assert isinstance(light, LightRecord)
        for name in LightRecord.__struct_fields__:
            assert getattr(light, name) == getattr(own, name)


@pytest.mark.parametrize("compression", [0, 1], ids=["plain", "gzip"])
def test_a_header_whose_name_is_no_utf_8_stops_nothing(compression: int) -> None:
    fetched_bytes = b""
    for batch in range(3):
        builder = DefaultRecordBatchBuilder(2, compression, 0, -1, -1, -1, 10_000)
        for offset in range(3):
            builder.append(offset, 5, b"k", b"%d" % offset, [("BAD" if (batch, offset) == (1, 1) else "ok", b"x")])
        data = bytearray(builder.build())
        payload = bytes(data[61:]) if not compression else gzip.decompress(data[61:])
        payload = payload.replace(b"BAD", b"\xff\xfed")
        data[61:] = gzip.compress(payload) if compression else payload
        struct.pack_into(">qi", data, 0, batch * 3, len(data) - 12)
        struct.pack_into(">I", data, 17, calc_crc32c(bytes(data[21:])))
        fetched_bytes += bytes(data)
    records = LightRecords(
        TopicPartition("t", 0), BoundedRecords(fetched_bytes), [], 1, None, None, True, READ_UNCOMMITTED
    )
    found = list(records)
    assert [record.offset for record in found] == list(range(1, 9))
    assert [name for record in found for name, _ in record.headers] == ["ok"] * 3 + ["\\xff\\xfed"] + ["ok"] * 4
    assert records.next_fetch_offset == 9


def test_records_below_the_offset_that_was_asked_for_are_left_out() -> None:
    assert [record.offset for record in fetched(LightRecords, first=1)] == [1]
