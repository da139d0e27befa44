"""Batches that unpack to more than a bound, or not at all, become one record that says so; all others are read."""

import gzip
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import pytest
from aiokafka import TopicPartition, codec
from aiokafka.consumer.fetcher import READ_UNCOMMITTED
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from aiokafka.record.util import calc_crc32c, encode_varint
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.errors import UnreadableRecords
from stream_processors.kafka.bounded_batches import MAX_HEADERS, MAX_RECORDS, UNCHECKED_BYTES, BoundedRecords
from stream_processors.kafka.light_records import LightRecords
from stream_processors.kafka.records import Record, UnreadableBatch
from stream_processors.kafka.unpacking import CODEC_NAMES, MAX_UNPACKED_BYTES, unpack

Encode = Callable[[bytes], bytes]

ENCODERS: Final[Mapping[int, Encode]] = {
    1: codec.gzip_encode,
    2: codec.snappy_encode,
    3: codec.lz4_encode,
    4: codec.zstd_encode,
}
DECODERS: Final[Mapping[int, Encode]] = {
    1: codec.gzip_decode,
    2: codec.snappy_decode,
    3: codec.lz4_decode,
    4: codec.zstd_decode,
}
EACH_CODEC = pytest.mark.parametrize("number", ENCODERS, ids=CODEC_NAMES.get)
SIZE: Final = 3
V2_HEADER: Final = 61


def batch_of(number: int, payload: bytes, base: int, count: int = SIZE) -> bytes:
    """A batch with any compressed part."""
    header = struct.pack(">iqqqhii", count - 1, 5, 7, -1, -1, -1, count)
    checked = struct.pack(">h", number) + header + payload
    crc = calc_crc32c(checked)
    return struct.pack(">qiibI", base, len(checked) + 9, 0, 2, crc) + checked


def payload_of(values: Sequence[bytes], headers: Sequence[tuple[str, bytes]] = ()) -> bytes:
    """The records of a batch without compression."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 2**31 - 1)
    for offset, value in enumerate(values):
        builder.append(offset, 5, b"k", value, list(headers))
    return bytes(builder.build()[V2_HEADER:])


GOOD: Final = payload_of([b"a", b"b", b"c"])


def read(fetched: bytes, first: int = 0) -> tuple[list[Record], int]:
    """The records that the worker's client makes of a fetch, and where it goes on."""
    records = LightRecords(
        TopicPartition("t", 0), BoundedRecords(fetched), [], first, None, None, True, READ_UNCOMMITTED
    )
    return list(records), records.next_fetch_offset


def read_around(unreadable: bytes, first: int = 0) -> tuple[list[int], list[str]]:
    """What is read of a batch at offset 3 between good ones: the offsets, and the reasons of stand-ins."""
    batches = [(0, batch_of(0, GOOD, 0)), (3, unreadable), (6, batch_of(4, codec.zstd_encode(GOOD), 6))]
    found: list[Record] = []
    for _ in range(len(batches)):  # a fetch may end behind a large batch, and the rest is fetched again
        fetched = b"".join(data for base, data in batches if base + SIZE > first)
        records, first = read(fetched, first)
        found += records
    return [each.offset for each in found], [each.reason for each in found if isinstance(each, UnreadableBatch)]


@EACH_CODEC
@given(data=st.binary(min_size=2, max_size=70_000), repeated=st.integers(1, 40), frames=st.integers(1, 2))
def test_what_fits_is_what_the_client_unpacks_and_one_byte_more_is_refused(
    number: int, data: bytes, repeated: int, frames: int
) -> None:
    packed = ENCODERS[number](data * repeated) * (frames if number == 1 else 1)
    expected = DECODERS[number](packed)
    for limit in (len(expected), len(expected) + 1):
        assert bytes(unpack(number, memoryview(packed), limit)) == expected
    with pytest.raises(UnreadableRecords, match=f"unpacks to more than {len(expected) - 1} bytes"):
        unpack(number, memoryview(packed), len(expected) - 1)


@EACH_CODEC
@given(junk=st.binary(max_size=200))
def test_junk_is_refused_where_the_client_refuses_it(number: int, junk: bytes) -> None:
    packed = bytearray(ENCODERS[number](b"some text" * 20) + junk)
    packed[len(junk) % len(packed)] ^= 0x55
    try:
        expected = DECODERS[number](bytes(packed))
    except Exception:  # noqa: BLE001 # each decoder has errors of its own
        with pytest.raises(UnreadableRecords):
            unpack(number, memoryview(packed), 10_000)
    else:
        assert bytes(unpack(number, memoryview(packed), 10_000)) == expected


@EACH_CODEC
def test_a_bomb_is_one_record_and_nothing_else_is_lost(number: int) -> None:
    bomb = batch_of(number, ENCODERS[number](bytes(MAX_UNPACKED_BYTES + 1)), 3)
    offsets, (reason,) = read_around(bomb)
    assert offsets == [0, 1, 2, 3, 6, 7, 8]
    assert reason == (
        f"batch: offsets 3 to 5, {len(bomb)} bytes, compression {CODEC_NAMES[number]}:"
        f" unpacks to more than {MAX_UNPACKED_BYTES} bytes"
    )
    assert read_around(bomb, 3) == ([3, 6, 7, 8], [reason])
    assert read_around(bomb, 4) == ([6, 7, 8], [])
    assert read(bomb, 4) == ([], 6)


def test_small_bombs_end_a_fetch_before_they_fill_the_memory() -> None:
    payload = codec.zstd_encode(payload_of([bytes(2**20)] * SIZE))
    records, reached = read(b"".join(batch_of(4, payload, base) for base in range(0, 300, SIZE)))
    assert (len(records), reached) == (6, 6)


def varint(number: int) -> bytes:
    encoded = bytearray()
    encode_varint(number, encoded.append)
    return bytes(encoded)


def record(*numbers: int, size: int | None = None) -> bytes:
    """A record that begins with attributes, a time, an offset and these numbers, whatever they say."""
    body = bytes(3) + b"".join(map(varint, numbers))
    return varint(len(body) if size is None else size) + body


# Lengths that reach behind the batch, behind the memory of the process, and round the end of 64 bits.
LENGTHS = st.sampled_from([-(2**63), -1, 0, 1, 7, 300, 2**20, 2**31, 2**45, 2**63 - 99, 2**63 - 1])

UNREADABLE = {
    "damaged bytes": batch_of(4, codec.zstd_encode(GOOD)[:-3], 3),
    "an unknown codec": batch_of(6, GOOD, 3),
    "no codec": batch_of(1, b"", 3),
    "too many records": batch_of(1, gzip.compress(GOOD), 3, MAX_RECORDS + 1).replace(
        struct.pack(">i", MAX_RECORDS), struct.pack(">i", 2)
    ),
    "too many headers": batch_of(
        1, gzip.compress(payload_of([b"a", b"b", bytes(UNCHECKED_BYTES)], [("", b"")] * (MAX_HEADERS // 3 + 1)), 1), 3
    ),
    "a record that is cut off": batch_of(0, b"\x7f" + GOOD[1:], 3),
    "a key that takes all memory": batch_of(0, record(2**63 - 99), 3),
    "a key that ends in other memory": batch_of(4, codec.zstd_encode(record(2**45)), 3),
    "a header that ends in other memory": batch_of(0, record(-1, -1, 2, 0, 2**45), 3),
    "many records that end in other memory": batch_of(
        1, gzip.compress(bytes([0] * 6) + record(size=2**45) + bytes(UNCHECKED_BYTES)), 3
    ),
    "a header count that lies": batch_of(3, codec.lz4_encode(GOOD[:-1] + b"\x10"), 3),
}


def with_crc(batch: bytes) -> bytes:
    return batch[:17] + struct.pack(">I", calc_crc32c(batch[21:])) + batch[21:]


@pytest.mark.parametrize("unreadable", UNREADABLE.values(), ids=UNREADABLE)
def test_a_batch_that_cannot_be_read_is_one_record(unreadable: bytes) -> None:
    for first in (0, 3):
        offsets, reasons = read_around(with_crc(unreadable), first)
        assert offsets[-3:] == [6, 7, 8]
        assert len(reasons) == 1
        assert len([offset for offset in offsets if offset in (3, 4, 5)]) in (1, 3)


@given(lengths=st.lists(LENGTHS, max_size=9), size=st.none() | LENGTHS, junk=st.binary(max_size=20))
@pytest.mark.parametrize("number", [0, 4], ids=CODEC_NAMES.get)
def test_no_length_reads_other_memory(number: int, lengths: list[int], size: int | None, junk: bytes) -> None:
    payload = record(*lengths, size=size) + junk
    offsets, _ = read_around(batch_of(number, codec.zstd_encode(payload) if number else payload, 3))
    assert offsets[:3] == [0, 1, 2]
    assert offsets[-3:] == [6, 7, 8]


def test_a_batch_with_a_wrong_checksum_is_fetched_again_and_then_one_record() -> None:
    damaged = bytearray(batch_of(0, GOOD, 3))
    damaged[-1] ^= 1
    fetched = batch_of(0, GOOD, 0) + bytes(damaged) + batch_of(0, GOOD, 6)
    assert [len(read(fetched)[0]), read(fetched)[1]] == [3, 3]
    records, reached = read(fetched)
    assert [record.offset for record in records] == [0, 1, 2, 3, 6, 7, 8]
    assert (isinstance(records[3], UnreadableBatch), reached) == (True, 9)


@pytest.mark.parametrize("magic", [0, 1])
@pytest.mark.parametrize("number", [1, 2, 3], ids=CODEC_NAMES.get)
def test_old_message_sets_are_read_within_the_same_bound(magic: int, number: int) -> None:
    if (magic, number) == (0, 3):
        pytest.skip("the client reads no LZ4 of this version")
    assert [record.value for record in read(builder_of(magic, number, [b"a", b"b"]))[0]] == [b"a", b"b"]
    (stand_in,), reached = read(builder_of(magic, number, [bytes(MAX_UNPACKED_BYTES)]))
    assert isinstance(stand_in, UnreadableBatch)
    assert (stand_in.offset, reached) == (0, 1)


def test_batches_of_another_format_are_read_with_the_next_fetch() -> None:
    old = builder_of(1, 0, [b"d"])
    assert [(record.offset, record.value) for record in read(batch_of(0, GOOD, 0) + old)[0]] == [
        (0, b"a"),
        (1, b"b"),
        (2, b"c"),
    ]
    assert [record.value for record in read(old + batch_of(0, GOOD, 1))[0]] == [b"d"]


def builder_of(magic: int, number: int, values: Sequence[bytes]) -> bytes:
    builder = LegacyRecordBatchBuilder(magic, number, 2**31 - 1)
    for offset, value in enumerate(values):
        builder.append(offset, 5, b"k", value)
    data = bytearray(builder.build())
    struct.pack_into(">q", data, 0, len(values) - 1)
    return bytes(data)
