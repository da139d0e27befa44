"""Encode an event as a frame on disk: magic bytes, two lengths, a checksum, the record's key and its value.

4 bytes  FF 43 56 01   magic; FF never occurs in UTF-8 text, so the next frame after a corrupt one can be found
4 bytes  length of the key, little-endian as all numbers here
4 bytes  length of the value
4 bytes  CRC-32 of the two lengths, the key and the value
then the key and the value
"""

import struct
import zlib
from dataclasses import dataclass, field
from typing import Final

from convostream.transport.interface import OutgoingRecord

MAGIC: Final = b"\xffCV\x01"
_LENGTHS: Final = struct.Struct("<II")
_CHECKSUM: Final = struct.Struct("<I")
_LENGTHS_AT: Final = len(MAGIC)
_CHECKSUM_AT: Final = _LENGTHS_AT + _LENGTHS.size

# Bytes of a frame besides the key and the value.
HEADER_BYTES: Final = _CHECKSUM_AT + _CHECKSUM.size


@dataclass(slots=True)
class Decoded:
    """The content of a part of a file: its records, the bytes used, and its corrupt ranges."""

    records: list[OutgoingRecord] = field(default_factory=list)
    used: int = 0

    # The first byte of each corrupt range, and the byte after its last.
    corrupt_frames: list[tuple[int, int]] = field(default_factory=list)


def encode(record: OutgoingRecord) -> bytes:
    """Return the frame of a record."""
    key, value = record
    lengths = _LENGTHS.pack(len(key), len(value))
    checksum = zlib.crc32(value, zlib.crc32(key, zlib.crc32(lengths)))
    return b"".join((MAGIC, lengths, _CHECKSUM.pack(checksum), key, value))


def decode(data: bytes, *, complete: bool) -> Decoded:
    """Decode all frames. An incomplete last frame is left for later, or counted as corrupt if `complete`."""
    decoded = Decoded()
    at = 0
    while at < len(data):
        end = _end_of(data, at)
        if (record := _record(data, at, end)) is not None:
            decoded.records.append(record)
            at = end
        elif not complete and end > len(data):
            break
        else:
            following = data.find(MAGIC, at + 1)
            behind = len(data) if following < 0 else following
            _note_corruption(decoded, at, behind)
            at = behind
    decoded.used = at
    return decoded


def _end_of(data: bytes, at: int) -> int:
    """Return the end of the frame at this offset, according to its lengths, which may be corrupt."""
    if len(data) - at < HEADER_BYTES:
        return at + HEADER_BYTES
    key_length, value_length = _LENGTHS.unpack_from(data, at + _LENGTHS_AT)
    return at + HEADER_BYTES + int(key_length) + int(value_length)


def _record(data: bytes, at: int, end: int) -> OutgoingRecord | None:
    """Return the record of a frame, or None if the frame is incomplete or corrupt."""
    if end > len(data) or not data.startswith(MAGIC, at):
        return None
    (checksum,) = _CHECKSUM.unpack_from(data, at + _CHECKSUM_AT)
    if (
        zlib.crc32(memoryview(data)[at + HEADER_BYTES : end], zlib.crc32(data[at + _LENGTHS_AT : at + _CHECKSUM_AT]))
        != checksum
    ):
        return None
    middle = at + HEADER_BYTES + int(_LENGTHS.unpack_from(data, at + _LENGTHS_AT)[0])
    return OutgoingRecord(data[at + HEADER_BYTES : middle], data[middle:end])


def _note_corruption(decoded: Decoded, begin: int, end: int) -> None:
    """Add a corrupt range, merged with the one before if they are adjacent."""
    if decoded.corrupt_frames and decoded.corrupt_frames[-1][1] == begin:
        begin = decoded.corrupt_frames.pop()[0]
    decoded.corrupt_frames.append((begin, end))
