"""Content encodings of requests and responses: lz4 (frames), zstd, gzip, deflate."""

import zlib
from collections.abc import Callable
from typing import Any, Protocol

import lz4.frame
import zstandard

from deploy.embedded.errors import ClickHouseError

ENCODINGS = ("lz4", "zstd", "gzip", "deflate")
CANNOT_DECOMPRESS = 271
# A zstd block of 4 bytes repeats one byte 128 KiB times; gzip and lz4 reach 1,032 and 255.
_HIGHEST_RATIO = 32_768
_LEAST_STEP_BYTES = 64
_MOST_STEP_BYTES = 16 * 1024
_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    "lz4": lz4.frame.LZ4FrameDecompressor,
    "zstd": lambda: zstandard.ZstdDecompressor().decompressobj(),
    "gzip": lambda: zlib.decompressobj(31),
    "x-gzip": lambda: zlib.decompressobj(31),
    "deflate": zlib.decompressobj,
}


class Encoder(Protocol):
    """Encodes a response chunk by chunk."""

    def compress(self, data: bytes) -> bytes:
        """Return the encoded bytes that are ready after this chunk."""

    def flush(self) -> bytes:
        """Return the rest."""


class _Identity:
    def compress(self, data: bytes) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


class _Lz4:
    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameCompressor()
        self._begun = False

    def compress(self, data: bytes) -> bytes:
        head = b"" if self._begun else self._frame.begin()
        self._begun = True
        return bytes(head + self._frame.compress(data))

    def flush(self) -> bytes:
        return bytes(self._frame.flush()) if self._begun else b""


def choose_encoding(accepted: str, wanted: bool) -> str | None:
    """Return the client's first encoding that is supported, if it requested compression."""
    if not wanted:
        return None
    names = (name.split(";")[0].strip().lower() for name in accepted.split(","))
    return next((name for name in names if name in ENCODINGS), None)


def encoder(encoding: str | None) -> Encoder:
    """Return the encoder for one response."""
    match encoding:
        case "lz4":
            return _Lz4()
        case "zstd":
            return zstandard.ZstdCompressor(level=1).compressobj()
        case "gzip":
            return zlib.compressobj(1, wbits=31)
        case "deflate":
            return zlib.compressobj(1)
        case _:
            return _Identity()


def decompress(data: bytes, encoding: str, limit: int) -> bytes:
    """Decode a body of at most `limit` decoded bytes; raise ClickHouseError with a client error if that fails."""
    begin = _DECOMPRESSORS.get(encoding)
    if begin is None:
        raise ClickHouseError(f"Unknown compression method {encoding!a} (CANNOT_DECOMPRESS)", CANNOT_DECOMPRESS)
    try:
        return _frames(data, begin, limit)
    except (RuntimeError, ValueError, EOFError, MemoryError, zlib.error, zstandard.ZstdError) as error:
        text = f"Cannot decompress the body as {encoding}: {error} (CANNOT_DECOMPRESS)"
        raise ClickHouseError(text, CANNOT_DECOMPRESS) from error


def _frames(data: bytes, begin: Callable[[], Any], limit: int) -> bytes:
    """Decode one frame after the other, because clients may send each chunk as a frame of its own.

    The input is fed in steps so small that even the highest ratio decodes little more than the remaining limit.
    """
    parts: list[bytes] = []
    left, offset, frame = limit, 0, None
    while offset < len(data):
        step = data[offset : offset + min(_MOST_STEP_BYTES, max(_LEAST_STEP_BYTES, left // _HIGHEST_RATIO))]
        frame = frame or begin()
        part = frame.decompress(step)
        offset += len(step) - len(frame.unused_data or b"")
        left -= len(part)
        if left < 0:
            raise ClickHouseError(f"The body unpacks to more than {limit} bytes (QUERY_IS_TOO_LARGE)", 229)
        parts.append(part)
        frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("the last frame is cut off")
    return b"".join(parts)
