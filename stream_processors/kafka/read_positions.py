"""How far each partition was read, including offsets that no consumer gets.

Markers of transactions and records of aborted ones take up offsets. Without them, a log would seem to have unread
records after its last committed one.
"""

from collections.abc import Sequence
from typing import NamedTuple

from faust.types import TP

from stream_processors.kafka.records import Record


class _Read(NamedTuple):
    """The offset after the last delivered record, and the client's own position."""

    handed_on: int
    position: int


class ReadPositions:
    """What was delivered of each partition, and the client's position at that time."""

    def __init__(self) -> None:
        self._read: dict[TP, _Read] = {}

    def begin(self, tp: TP, offset: int) -> None:
        """Record that a partition is read from an offset."""
        self._read[tp] = _Read(offset, offset)

    def note_records(self, tp: TP, records: Sequence[Record], *, is_current: bool) -> None:
        """Record a poll; one from before the last seek counts only if it continues there."""
        known = self._read.get(tp)
        if is_current or (known is not None and records[0].offset == known.handed_on):
            self.begin(tp, records[-1].offset + 1)

    def note_position(self, tp: TP, position: int) -> None:
        """Record the client's position, after everything that it read was delivered."""
        if (known := self._read.get(tp)) is not None:
            self._read[tp] = known._replace(position=position)

    def read_to(self, tp: TP, taken: int) -> int:
        """Return the offset below which nothing more comes, when all below `taken` was taken."""
        known = self._read.get(tp)
        return max(taken, known.position) if known is not None and known.handed_on == taken else taken
