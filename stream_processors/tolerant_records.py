"""Records whose headers have names that are no UTF-8, which the Kafka client raises at, for ever, on one partition.

Kafka itself takes any bytes for a name, and clients in other languages send them. A fetch with such a name is read
again by the client's parser in Python, which shows the bytes of the name as `\\xff`.
"""

from typing import Any, Final, SupportsIndex

from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy

MAGIC_OFFSET: Final = 16
FIRST_MAGIC_WITH_HEADERS: Final = 2


class KeptRecords(MemoryRecords):  # type: ignore[misc] # aiokafka has no types
    """The client's records of a fetch, with the bytes that they are read from."""

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.data = data


class _Bytes(bytearray):
    """Bytes whose parts are decoded as far as they are UTF-8."""

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        part = super().__getitem__(index)
        return _Bytes(part) if isinstance(part, bytearray) else part

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        """Return the text; what is no UTF-8 is escaped."""
        return super().decode(encoding, errors)


class _TolerantBatch(_DefaultRecordBatchPy):  # type: ignore[misc] # the same
    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        if not isinstance(self._buffer, _Bytes):
            self._buffer = _Bytes(self._buffer)


class TolerantRecords(_MemoryRecordsPy):  # type: ignore[misc] # the same
    """The records of a fetch, whatever their headers are called."""

    def next_batch(self, *positions: int) -> Any:
        """Return the next batch."""
        data = self._next_slice
        batch = super().next_batch(*positions)
        has_headers = data is not None and data[MAGIC_OFFSET] >= FIRST_MAGIC_WITH_HEADERS
        return _TolerantBatch(data) if has_headers else batch
