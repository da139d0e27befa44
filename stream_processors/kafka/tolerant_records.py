"""Read records with header names that are not UTF-8, at which the Kafka client raises again and again.

Kafka accepts any bytes as a name, and clients in other languages send them. A batch with such a name is read again by
the client's parser in Python, which shows the bytes of the name as `\\xff`.
"""

from typing import Any, SupportsIndex

from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.util import decode_varint


def decode_varint_within(data: bytes | bytearray, position: int) -> tuple[int, int]:
    """Return the variable-length integer at a position, and the position behind it.

    Raises IndexError outside of the data. The client's decoder reads whatever memory is there, and positions come from
    lengths that a producer chose. Within the data it stops at the zero byte that ends both types in memory.
    """
    if not 0 <= position < len(data):
        raise IndexError(f"a record reaches to byte {position} of {len(data)}")
    number, end = decode_varint(data, position)
    return int(number), int(end)


class _Bytes(bytearray):
    """Bytes whose slices decode with escapes for invalid UTF-8."""

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        part = super().__getitem__(index)
        return _Bytes(part) if isinstance(part, bytearray) else part

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        """Return the text with escapes for invalid UTF-8."""
        return super().decode(encoding, errors)


class TolerantBatch(_DefaultRecordBatchPy):  # type: ignore[misc] # aiokafka has no types
    """A batch without compression, with any header names."""

    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        if not isinstance(self._buffer, _Bytes):
            self._buffer = _Bytes(self._buffer)

    def _read_msg(self) -> Any:
        return super()._read_msg(decode_varint_within)
