"""The form of an event on disk: a frame of magic bytes, two lengths, a checksum, the record's key and its value.

4 bytes  FF 43 56 01   magic; FF occurs in no UTF-8 text, so the next frame is found again behind a damaged one
4 bytes  length of the key, little-endian as all numbers here
4 bytes  length of the value
4 bytes  CRC-32 of the two lengths, the key and the value
then the key and the value
"""

import struct
import zlib
from dataclasses import dataclass, field
from typing import Final

from convostream.transport.interface import Record

MAGIC: Final = b"\xffCV\x01"
_LENGTHS: Final = struct.Struct("<II")
_CHECKSUM: Final = struct.Struct("<I")
_LENGTHS_AT: Final = len(MAGIC)
_CHECKSUM_AT: Final = _LENGTHS_AT + _LENGTHS.size

# Bytes of a frame besides the key and the value.
HEADER_BYTES: Final = _CHECKSUM_AT + _CHECKSUM.size


@dataclass(slots=True)
class Decoded:
    """What stretch of a file holds: its records, how many bytes were understood, and where it is damaged."""

    records: list[Record] = field(default_factory=list)
    used: int = 0

    # The first byte of each damaged stretch, and the first one behind it.
    damaged: list[tuple[int, int]] = field(default_factory=list)


def encode(record: Record) -> bytes:
    """Return the frame of a record."""
    key, value = record
    lengths = _LENGTHS.pack(len(key), len(value))
    checksum = zlib.crc32(value, zlib.crc32(key, zlib.crc32(lengths)))
    return b"".join((MAGIC, lengths, _CHECKSUM.pack(checksum), key, value))


def decode(data: bytes, *, complete: bool) -> Decoded:
    """Read frames from the beginning; a frame that is cut off waits for more data, or is damaged when `complete`."""
    found = Decoded()
    at = 0
    while at < len(data):
        end = _end_of(data, at)
        if (record := _record(data, at, end)) is not None:
            found.records.append(record)
            at = end
        elif not complete and end > len(data):
            break
        else:
            following = data.find(MAGIC, at + 1)
            behind = len(data) if following < 0 else following
            _note_damage(found, at, behind)
            at = behind
    found.used = at
    return found


def _end_of(data: bytes, at: int) -> int:
    """Return where the frame that begins here ends; only its length says so, which may be wrong."""
    if len(data) - at < HEADER_BYTES:
        return at + HEADER_BYTES
    key_length, value_length = _LENGTHS.unpack_from(data, at + _LENGTHS_AT)
    return at + HEADER_BYTES + int(key_length) + int(value_length)


def _record(data: bytes, at: int, end: int) -> Record | None:
    """Return the record of a frame, or nothing when it is no whole and sound frame."""
    if end > len(data) or not data.startswith(MAGIC, at):
        return None
    (checksum,) = _CHECKSUM.unpack_from(data, at + _CHECKSUM_AT)
    if (
        zlib.crc32(memoryview(data)[at + HEADER_BYTES : end], zlib.crc32(data[at + _LENGTHS_AT : at + _CHECKSUM_AT]))
        != checksum
    ):
        return None
    middle = at + HEADER_BYTES + int(_LENGTHS.unpack_from(data, at + _LENGTHS_AT)[0])
    return Record(data[at + HEADER_BYTES : middle], data[middle:end])


def _note_damage(found: Decoded, begin: int, end: int) -> None:
    """Note a damaged stretch; one that follows another is the same."""
    if found.damaged and found.damaged[-1][1] == begin:
        begin = found.damaged.pop()[0]
    found.damaged.append((begin, end))
