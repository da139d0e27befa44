"""Content encodings of requests and answers: lz4 (frames), zstd, gzip, deflate."""

import zlib
from collections.abc import Callable
from typing import Any, Protocol

import lz4.frame
import zstandard

from deploy.embedded.errors import ClickHouseError

ENCODINGS = ("lz4", "zstd", "gzip", "deflate")


class Encoder(Protocol):
    """Packs an answer piece by piece."""

    def compress(self, data: bytes) -> bytes:
        """The packed bytes that are ready after this piece."""

    def flush(self) -> bytes:
        """The rest."""


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
    """The first of the client's encodings that is known here, if compression was asked for."""
    if not wanted:
        return None
    names = (name.split(";")[0].strip().lower() for name in accepted.split(","))
    return next((name for name in names if name in ENCODINGS), None)


def encoder(encoding: str | None) -> Encoder:
    """The packer for one answer."""
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


def decompress(data: bytes, encoding: str) -> bytes:
    """A request's body, unpacked; a body that cannot be unpacked is the client's error."""
    try:
        return _decompress(data, encoding.strip().lower())
    except (RuntimeError, ValueError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise ClickHouseError(f"Cannot decompress the body as {encoding}: {error} (CANNOT_DECOMPRESS)", 271) from error


def _decompress(data: bytes, encoding: str) -> bytes:
    match encoding:
        case "" | "identity":
            return data
        case "lz4":
            return _frames(data, lz4.frame.LZ4FrameDecompressor)
        case "zstd":
            return _frames(data, zstandard.ZstdDecompressor().decompressobj)
        case "gzip" | "x-gzip":
            return _frames(data, lambda: zlib.decompressobj(31))
        case "deflate":
            return _frames(data, zlib.decompressobj)
        case _:
            raise ClickHouseError(f"Unknown compression method {encoding} (NOT_IMPLEMENTED)", 48)


def _frames(data: bytes, begin: Callable[[], Any]) -> bytes:
    """Unpacks one frame after the other; clients pack piece by piece, and each may be a frame of its own."""
    parts = []
    while data:
        frame = begin()
        parts.append(frame.decompress(data))
        if not frame.eof:
            raise EOFError("the last frame is cut off")
        data = frame.unused_data or b""
    return b"".join(parts)
