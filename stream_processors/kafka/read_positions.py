"""How far each partition was read: further than its last record, where offsets follow that no consumer is given.

Markers of transactions and the records of aborted ones take up offsets. Without them a log looks as if records waited
behind its last committed one for ever.
"""

from collections.abc import Sequence
from typing import NamedTuple

from faust.types import TP

from stream_processors.kafka.records import Record


class _Read(NamedTuple):
    """The offset behind the last record that was handed on, and the client's own position."""

    handed_on: int
    position: int


class ReadPositions:
    """What was handed on of each partition, and where the client stood when it had been."""

    def __init__(self) -> None:
        self._read: dict[TP, _Read] = {}

    def begin(self, tp: TP, offset: int) -> None:
        """Take that a partition is read from an offset on."""
        self._read[tp] = _Read(offset, offset)

    def note_records(self, tp: TP, records: Sequence[Record], *, is_current: bool) -> None:
        """Take the records of a poll; one that began before the last seek counts where it goes on from there."""
        known = self._read.get(tp)
        if is_current or (known is not None and records[0].offset == known.handed_on):
            self.begin(tp, records[-1].offset + 1)

    def note_position(self, tp: TP, position: int) -> None:
        """Take the client's position, after all that it has read was handed on."""
        if (known := self._read.get(tp)) is not None:
            self._read[tp] = known._replace(position=position)

    def read_to(self, tp: TP, taken: int) -> int:
        """Return the offset below which nothing more comes, when all below `taken` was taken."""
        known = self._read.get(tp)
        return max(taken, known.position) if known is not None and known.handed_on == taken else taken
