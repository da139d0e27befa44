"""Read the record batches of a fetch within limits on bytes, records and headers.

The Kafka client parses batches within the limits with its own parser. A batch that exceeds them raises
UnreadableRecords when its records are read; the caller continues after it.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Any, Final
from zlib import crc32

from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.legacy_records import LegacyRecordBatch, _LegacyRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

from stream_processors.errors import UnreadableRecords
from stream_processors.kafka.tolerant_records import TolerantBatch, decode_varint_within
from stream_processors.kafka.unpacking import CODEC_NAMES, MAX_UNPACKED_BYTES, Unpacked, unpack

# An event of the contract has more than 100 bytes, so 1 MiB of them, compressed 15 times, are fewer. A record may have
# as few as 7 bytes, and becomes an object of about 240 bytes.
MAX_RECORDS: Final = 200_000

# A header takes 2 bytes of a batch and about 72 of memory. A batch up to this size cannot hold too many of them.
UNCHECKED_BYTES: Final = 2 * 1024**2
MAX_HEADERS: Final = UNCHECKED_BYTES // 2

# After this many decompressed bytes, the next fetch reads the rest: all records of a poll are in memory.
ENOUGH_UNPACKED_BYTES: Final = 4 * 1024**2

CODEC_MASK: Final = 7
FIRST_MAGIC_WITH_HEADERS: Final = 2
V2_HEADER_BYTES: Final = 61
LOG_OVERHEAD: Final = 12

_LENGTH: Final = Struct(">i")
_LENGTH_OFFSET: Final = 8
_MAGIC_OFFSET: Final = 16
_LEGACY_ATTRIBUTES_OFFSET: Final = 17
_ATTRIBUTES_AND_COUNT: Final = Struct(">h34xi")
_ATTRIBUTES_OFFSET: Final = 21
_MAX_TIMESTAMP: Final = Struct(">q")
_MAX_TIMESTAMP_OFFSET: Final = 35
_LEGACY_TIMESTAMP_OFFSET: Final = 18
_ATTRIBUTES: Final = Struct(">h")
_LEGACY_MIN_LENGTH: Final = 14


class BoundedRecords(MemoryRecords):  # type: ignore[misc] # aiokafka has no types
    """The client's batches of a fetch; batches that might exceed a limit are wrapped in `BoundedBatch`."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._data = data
        self._begin = self._end = 0
        self._unpacked = 0
        self._batch: Any = None

    def has_next(self) -> bool:
        """Tell whether another batch can be read now."""
        unpacked = self._unpacked + getattr(self._batch, "unpacked_bytes", 0)
        return unpacked < ENOUGH_UNPACKED_BYTES and super().has_next() and self._is_of_one_format()

    def _is_of_one_format(self) -> bool:
        # The client reads all batches of a fetch in the format of the first one. Another one is left to the next fetch.
        begin = self._end + _MAGIC_OFFSET
        return self._data[begin : begin + 1] == self._data[_MAGIC_OFFSET : _MAGIC_OFFSET + 1]

    def next_batch(self) -> Any:
        """Return the next batch."""
        self._unpacked += getattr(self._batch, "unpacked_bytes", 0)
        self._batch = None
        batch, data, begin = super().next_batch(), self._data, self._end
        size = _LENGTH.unpack_from(data, begin + _LENGTH_OFFSET)[0]
        self._begin, self._end = begin, begin + LOG_OVERHEAD + size
        self._batch = BoundedBatch(batch, self._slice()) if _needs_bounds(data, begin, size) else batch
        return self._batch

    def current(self) -> "BoundedBatch | None":
        """Return the last batch."""
        if self._batch is None or isinstance(self._batch, BoundedBatch):
            return self._batch
        return BoundedBatch(self._batch, self._slice())

    def _slice(self) -> memoryview:
        return memoryview(self._data)[self._begin : self._end]


def _needs_bounds(data: bytes, begin: int, size: int) -> bool:
    if data[begin + _MAGIC_OFFSET] < FIRST_MAGIC_WITH_HEADERS:
        return bool(data[begin + _LEGACY_ATTRIBUTES_OFFSET] & CODEC_MASK)
    attributes, count = _ATTRIBUTES_AND_COUNT.unpack_from(data, begin + _ATTRIBUTES_OFFSET)
    return bool(attributes & CODEC_MASK) or count > MAX_RECORDS or size > UNCHECKED_BYTES


class BoundedBatch:
    """A batch of the client whose records are read within the limits.

    `unpacked_bytes` is its size after decompression, or the limit if it was exceeded.
    """

    def __init__(self, batch: Any, data: memoryview) -> None:
        self._batch = batch
        self.producer_id = batch.producer_id
        self.next_offset = batch.next_offset
        self._data = data
        self._magic = data[_MAGIC_OFFSET]
        self._error: str | None = None
        self.unpacked_bytes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        if self._is_legacy:
            return self._read_legacy()
        return iter(DefaultRecordBatch(self._unpack()))

    def __next__(self) -> Any:
        # The client reads the marker of a control batch this way.
        return next(iter(self))

    def read_any_header(self) -> Iterator[Any]:
        """Read the records again with a parser that accepts any bytes in header names."""
        return self._read_legacy() if self._is_legacy else iter(TolerantBatch(self._unpack()))

    def is_intact(self) -> bool:
        """Tell whether the checksum is right."""
        kind = LegacyRecordBatch(bytes(self._data), self._magic) if self._is_legacy else None
        return bool((kind or DefaultRecordBatch(bytes(self._data))).validate_crc())

    def hash_of_bytes(self) -> int:
        """Return a hash of the batch's bytes."""
        return crc32(self._data)

    @property
    def first(self) -> int:
        """The first offset; for an old message set, which has only its last offset, that one."""
        return int(self._batch.next_offset - 1 if self._is_legacy else self._batch.base_offset)

    @property
    def last(self) -> int:
        """The last offset."""
        return max(self.first, int(self._batch.next_offset) - 1)

    @property
    def timestamp(self) -> int | None:
        """The latest timestamp, in milliseconds."""
        if self._magic == 0:
            return None
        offset = _LEGACY_TIMESTAMP_OFFSET if self._is_legacy else _MAX_TIMESTAMP_OFFSET
        return int(_MAX_TIMESTAMP.unpack_from(self._data, offset)[0])

    def describe(self) -> str:
        """Return a description of the batch: offsets, size and compression."""
        codec = CODEC_NAMES.get(self._codec, str(self._codec))
        offsets = (
            f"the message set at offset {self.last}" if self._is_legacy else f"offsets {self.first} to {self.last}"
        )
        return f"batch: {offsets}, {len(self._data)} bytes, compression {codec}"

    @property
    def _is_legacy(self) -> bool:
        return self._magic < FIRST_MAGIC_WITH_HEADERS

    @property
    def _codec(self) -> int:
        if self._is_legacy:
            return self._data[_LEGACY_ATTRIBUTES_OFFSET] & CODEC_MASK
        return int(_ATTRIBUTES.unpack_from(self._data, _ATTRIBUTES_OFFSET)[0]) & CODEC_MASK

    def _read_legacy(self) -> Iterator[Any]:
        batch = _BoundedLegacyBatch(self._data, self._magic)
        self.unpacked_bytes = MAX_UNPACKED_BYTES
        yield from batch
        self.unpacked_bytes = len(batch._buffer)

    def _unpack(self) -> bytes:
        """Return the decompressed batch; once refused, it is not tried again."""
        if self._error is not None:
            raise UnreadableRecords(self._error)
        self.unpacked_bytes = MAX_UNPACKED_BYTES
        try:
            payload = _unpack_v2(self._data, self._codec)
        except UnreadableRecords as error:
            self._error = str(error)
            raise
        self.unpacked_bytes = len(payload)
        return b"".join((_plain_header(self._data, len(payload)), payload))


def _unpack_v2(data: memoryview, codec: int) -> Unpacked:
    count = _ATTRIBUTES_AND_COUNT.unpack_from(data, _ATTRIBUTES_OFFSET)[1]
    if count > MAX_RECORDS:
        raise UnreadableRecords(f"has {count} records; allowed are at most {MAX_RECORDS}")
    packed = data[V2_HEADER_BYTES:]
    payload = unpack(codec, packed) if codec else packed
    if len(payload) > UNCHECKED_BYTES:
        _check_headers(bytes(payload), count)
    return payload


def _plain_header(data: memoryview, payload_bytes: int) -> bytearray:
    header = bytearray(data[:V2_HEADER_BYTES])
    _LENGTH.pack_into(header, _LENGTH_OFFSET, V2_HEADER_BYTES - LOG_OVERHEAD + payload_bytes)
    attributes = _ATTRIBUTES.unpack_from(header, _ATTRIBUTES_OFFSET)[0]
    _ATTRIBUTES.pack_into(header, _ATTRIBUTES_OFFSET, attributes & ~CODEC_MASK)
    return header


def _check_headers(payload: bytes, count: int) -> None:
    """Refuse a large batch with more headers than memory should hold."""
    begin = headers = 0
    try:
        for _ in range(count):
            size, begin = decode_varint_within(payload, begin)
            headers += _count_headers(payload, begin)
            begin += max(0, size)
            if headers > MAX_HEADERS:
                raise UnreadableRecords(f"has more than {MAX_HEADERS} headers")
    except (IndexError, ValueError) as error:
        raise UnreadableRecords(f"has a damaged record ({error})") from None


def _count_headers(payload: bytes, begin: int) -> int:
    position = begin
    for _ in ("attributes", "timestamp", "offset"):
        _, position = decode_varint_within(payload, position)
    for _ in ("key", "value"):
        size, position = decode_varint_within(payload, position)
        position += max(0, size)
    return max(0, decode_varint_within(payload, position)[0])


class _BoundedLegacyBatch(_LegacyRecordBatchPy):  # type: ignore[misc] # the same
    """A message set from before Kafka 0.11: the value of one message contains the others."""

    def _decompress(self, key_offset: int) -> Unpacked:
        packed, begin = self._buffer, key_offset
        for is_value in (False, True):
            size = _LENGTH.unpack_from(packed, begin)[0]
            begin += _LENGTH.size
            if is_value:
                break
            begin += max(0, size)
        if size < 0:
            raise UnreadableRecords("the message set has no value")
        self._assert_has_codec(self._compression_type)
        unpacked = unpack(self._compression_type, packed[begin : begin + size])
        _check_message_set(unpacked)
        return unpacked


def _check_message_set(unpacked: Unpacked) -> None:
    begin = count = 0
    while begin < len(unpacked):
        if len(unpacked) < begin + LOG_OVERHEAD:
            raise UnreadableRecords("the last message is incomplete")
        size, count = _LENGTH.unpack_from(unpacked, begin + _LENGTH_OFFSET)[0], count + 1
        if size < _LEGACY_MIN_LENGTH or count > MAX_RECORDS:
            raise UnreadableRecords(f"a message is damaged, or there are more than {MAX_RECORDS}")
        begin += LOG_OVERHEAD + size
    if not count:
        raise UnreadableRecords("the message set is empty")
