"""ClickHouse's Native format with `client_protocol_version`, which chDB ignores, as clickhouse-go reads it.

clickhouse-go first asks for the server's revision, which decides the form of all later responses. The revision here has
block information before each block, and nothing else that chDB's blocks lack.
"""

import struct
from collections.abc import Iterable, Iterator

HELLO = b"SELECT displayName(), version(), revision(), timezone()"
REVISION = 54453
_WITH_BLOCK_INFO = 51903
_BLOCK_INFO = bytes.fromhex("01 00 02 ff ff ff ff 00")
_DEFAULT_SERIALIZATION = b"\x00"


def wants_block_info(protocol_version: int, output_format: str) -> bool:
    """Return whether each block of this response must begin with its block information."""
    return protocol_version >= _WITH_BLOCK_INFO and output_format.lower() == "native"


def with_block_info(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield blocks as a client of `REVISION` reads them."""
    for block in blocks:
        if block:
            yield _BLOCK_INFO + block


def hello(version: str, timezone: str) -> bytes:
    """Return the one row that answers `HELLO`, in the form of the newest revisions: one serialization byte a column."""
    columns = (
        ("displayName()", "String", _string("embedded")),
        ("version()", "String", _string(version)),
        ("revision()", "UInt32", struct.pack("<I", REVISION)),
        ("timezone()", "String", _string(timezone)),
    )
    head = _BLOCK_INFO + bytes((len(columns), 1))
    return head + b"".join(_string(n) + _string(t) + _DEFAULT_SERIALIZATION + value for n, t, value in columns)


def _string(text: str) -> bytes:
    data = text.encode()
    if len(data) > 127:
        raise ValueError(f"{len(data)} bytes do not fit a one-byte length")
    return bytes((len(data),)) + data
