"""Decompress a record batch up to a limit.

A producer chooses the decompressed size of a batch: a few KB may expand to gigabytes. The Kafka client decompresses all
of it. Sizes in headers are checked or ignored, and concatenated frames count together.
"""

import gzip
import io
import mmap
import threading
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from struct import Struct
from typing import Any, Final, cast

import cramjam
from aiokafka.codec import _detect_xerial_stream

from stream_processors.errors import UnreadableRecords

# A batch has at most 1 MiB by Kafka's default (`message.max.bytes`), and events compress 5 to 15 times.
MAX_UNPACKED_BYTES: Final = 32 * 1024**2

CODEC_NAMES: Final = {0: "none", 1: "gzip", 2: "snappy", 3: "lz4", 4: "zstd"}

# Each byte of an LZ4 block stands for at most 255 bytes.
_LZ4_MAX_RATIO: Final = 255
_XERIAL_HEADER_BYTES: Final = 16

# A new mapping costs about 20 us, which is noticeable for small batches. They share a buffer of their thread.
_SCRATCH_BYTES: Final = 256 * 1024
_USUAL_MAX_RATIO: Final = 16
_LOCAL: Final = threading.local()

_BLOCK_LENGTH: Final = Struct(">i")
_BUFFER_IS_FULL: Final = "failed to write whole buffer"
_TOO_MUCH: Final = "unpacks to more than {limit} bytes"

Unpacked = bytes | memoryview


def unpack(codec: int, packed: memoryview, limit: int = MAX_UNPACKED_BYTES) -> Unpacked:
    """Return decompressed bytes.

    Raises UnreadableRecords if they are more than `limit` bytes or damaged.
    """
    if codec not in _CODECS:
        raise UnreadableRecords(f"unknown compression codec {codec}")
    try:
        return _CODECS[codec](packed, limit)
    except (cramjam.DecompressionError, zlib.error, EOFError, OSError) as error:
        is_full = _BUFFER_IS_FULL in str(error)
        reason = _TOO_MUCH.format(limit=limit) if is_full else f"cannot be unpacked ({error})"
        raise UnreadableRecords(reason) from None


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise UnreadableRecords(_TOO_MUCH.format(limit=limit))


def _unpack_gzip(packed: memoryview, limit: int) -> Unpacked:
    stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    unpacked = stream.decompress(packed, limit + 1)
    _check_size(len(unpacked), limit)
    if stream.eof and not stream.unused_data:
        return unpacked
    # More than one member, padding, or an incomplete stream.
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
        unpacked = file.read(limit + 1)
    _check_size(len(unpacked), limit)
    return unpacked


def _unpack_snappy(packed: memoryview, limit: int) -> Unpacked:
    if not _detect_xerial_stream(packed):
        return _unpack_snappy_block(packed, limit)
    blocks, begin, total = [], _XERIAL_HEADER_BYTES, 0
    while begin < len(packed):
        size = _BLOCK_LENGTH.unpack(packed[begin : begin + 4].tobytes().ljust(4, b"\xff"))[0]
        end = begin + 4 + size
        if size < 0 or end > len(packed):
            raise EOFError("a Snappy block is incomplete")
        block, begin = packed[begin + 4 : end], end
        total += cramjam.snappy.decompress_raw_len(block)
        _check_size(total, limit)
        blocks.append(_unpack_snappy_block(block, limit))
    return b"".join(blocks)


def _unpack_snappy_block(packed: memoryview, limit: int) -> Unpacked:
    # The decoder allocates as much as the header says, and refuses a block that holds another number of bytes.
    _check_size(cramjam.snappy.decompress_raw_len(packed), limit)
    return memoryview(cramjam.snappy.decompress_raw(packed))


def _unpack_lz4(packed: memoryview, limit: int) -> Unpacked:
    if len(packed) * _LZ4_MAX_RATIO <= limit:
        return memoryview(cramjam.lz4.decompress(packed))
    return _unpack_into(cramjam.lz4.decompress_into, packed, limit)


def _unpack_zstd(packed: memoryview, limit: int) -> Unpacked:
    return _unpack_into(cramjam.zstd.decompress_into, packed, limit)


def _unpack_into(decompress: Callable[[memoryview, Any], int], packed: memoryview, limit: int) -> Unpacked:
    if len(packed) * _USUAL_MAX_RATIO <= _SCRATCH_BYTES <= limit:
        with suppress(cramjam.DecompressionError):
            scratch = _scratch()
            return scratch[: decompress(packed, scratch)].tobytes()
    # Pages that are never written take no memory.
    buffer = mmap.mmap(-1, limit)
    return memoryview(buffer)[: decompress(packed, buffer)]


def _scratch() -> memoryview:
    if not hasattr(_LOCAL, "scratch"):
        _LOCAL.scratch = memoryview(bytearray(_SCRATCH_BYTES))
    return cast(memoryview, _LOCAL.scratch)


_CODECS: Final[Mapping[int, Callable[[memoryview, int], Unpacked]]] = {
    1: _unpack_gzip,
    2: _unpack_snappy,
    3: _unpack_lz4,
    4: _unpack_zstd,
}
