"""A stretch of the spool's queue: a file of frames, or, while the disk takes nothing, records in memory.

Both are written at the end by the tracking calls and read from the beginning by the publisher, who says when what it
read is settled. A file's methods raise OSError; what they then leave behind can be read again.
"""

import os
from collections import deque
from pathlib import Path
from typing import Final, TypeAlias

from convostream.transport.interface import Record
from convostream.transport.memory_queue import footprint
from convostream.transport.spool.frames import decode
from convostream.transport.spool.process_directories import Home

# Brings a file's bytes to the disk.
SYNC: Final = getattr(os, "fdatasync", os.fsync)


class FileSegment:
    """A file of frames in a home."""

    def __init__(self, home: Home, name: str, *, limit_bytes: int = 0) -> None:
        self.home: Final = home
        self._name = name
        self.open = False
        self._count = self._given = self._acknowledged = 0
        self._damaged: list[tuple[int, int]] = []
        self._scanned = self._unreadable = False
        self._limit_bytes = limit_bytes
        self._size = self._next = self._settled = 0
        self._writer = self._reader = -1
        home.unsent_segments += 1

    @property
    def path(self) -> Path:
        """Return where the file lies."""
        return self.home.path / self._name

    @property
    def drained(self) -> bool:
        """Whether everything in it has been read and settled."""
        return self._settled >= self._size

    @property
    def unsent_bytes(self) -> int:
        """Return the bytes of the file that are not settled."""
        return self._size - self._settled

    @property
    def unread(self) -> int:
        """Return how many records have not been read."""
        return self._count - self._given

    @property
    def unsent(self) -> int:
        """Return how many records are not settled."""
        return self._count - self._acknowledged

    def has_room(self, frame: bytes) -> bool:
        """Tell whether this frame may be added."""
        return self.open and self._size + len(frame) <= self._limit_bytes

    def create(self) -> None:
        """Make the file and open it for writing."""
        self._writer = self.home.open(self._name, os.O_CREAT | os.O_EXCL | os.O_RDWR)
        self.open = True

    def append(self, frame: bytes, *, sync: bool) -> None:
        """Add a frame; on OSError none of it counts."""
        at = self._size
        view = memoryview(frame)
        while view:  # not with O_APPEND: what an interrupted call wrote and did not count is written over
            written = os.pwrite(self._writer, view, at)
            at, view = at + written, view[written:]
        if sync:
            SYNC(self._writer)
        self._count += 1
        self._size = at

    def close(self) -> int:
        """Take no more; return the descriptor of the file, for whoever brings it to the disk and closes it."""
        self.open = False
        writer, self._writer = self._writer, -1
        return writer

    def mark_closed(self) -> None:
        """Give the file the name of a closed one, and cut off what a failed call left behind its end."""
        os.ftruncate(self._writer, self._size)
        self._name = self.home.close_name(self._name)

    def duplicate(self) -> int:
        """Return a second descriptor of the open file."""
        return os.dup(self._writer)

    def scan(self) -> int:
        """Read the whole file of a dead process; return how many records it holds."""
        with os.fdopen(self.home.open(self._name, os.O_RDONLY), "rb") as file:
            data = file.read()
        found = decode(data, complete=True)
        self._size = len(data)
        self._count = len(found.records)
        self._damaged = found.damaged
        self._scanned = True
        return self._count

    def new_damage(self) -> list[tuple[int, int]]:
        """Return where the file was found to be damaged since this was asked the last time."""
        damaged, self._damaged = self._damaged, []
        return damaged

    def open_reader(self) -> None:
        """Open the file for reading, once."""
        if self._reader < 0:
            self._reader = self.home.open(self._name, os.O_RDONLY)

    def read(self, most_bytes: int) -> list[Record]:
        """Return the next records, at least one if there is any."""
        size = self._size
        records = self._read(min(most_bytes, size - self._next), size)
        if not records and self._next < size:  # a frame larger than that, or damage
            records = self._read(size - self._next, size)
        self._given += len(records)
        return records

    def give_up(self) -> None:
        """Read no more of it; the file stays, since a later process may be able to."""
        self._next = self._size
        self._unreadable = True

    def settle(self) -> None:
        """Note that everything read so far is acknowledged."""
        self._settled = self._next
        self._acknowledged = self._given

    def rewind(self) -> None:
        """Empty the open file: everything in it is settled."""
        os.ftruncate(self._writer, 0)
        self._size = self._next = self._settled = self._count = self._given = self._acknowledged = 0

    def delete(self) -> None:
        """Delete the file, unless it could not be read."""
        if self._unreadable:
            return
        self.home.delete(self._name)
        self.home.unsent_segments -= 1

    def close_files(self) -> None:
        """Close what is open of it in this process; the file stays as it is."""
        descriptors = (self._writer, self._reader)
        self._writer = self._reader = -1  # first: a child that is forked meanwhile must not close them again
        for descriptor in descriptors:
            if descriptor >= 0:
                os.close(descriptor)

    def _read(self, length: int, size: int) -> list[Record]:
        data = os.pread(self._reader, length, self._next)
        complete = self._next + length >= size or len(data) < length
        found = decode(data, complete=complete)
        if not self._scanned:
            self._damaged += [(self._next + begin, self._next + end) for begin, end in found.damaged]
        self._next = size if len(data) < length else self._next + found.used
        return found.records


class MemorySegment:
    """Records that the disk did not take."""

    def __init__(self) -> None:
        self.open = True
        self._waiting: deque[Record] = deque()
        self._added = self._given = self._settled = 0

    @property
    def unread(self) -> int:
        """Return how many records have not been read."""
        return len(self._waiting)

    @property
    def drained(self) -> bool:
        """Whether everything in it has been read and settled."""
        return self._settled == self._added

    @property
    def unsent_bytes(self) -> int:
        """Return the bytes of memory that the unsettled records hold."""
        return self._added - self._settled

    def append(self, record: Record) -> None:
        """Add a record."""
        self._added += footprint(record)
        self._waiting.append(record)

    def read(self, most_bytes: int) -> list[Record]:
        """Return the next records, at least one if there is any."""
        taken: list[Record] = []
        size = 0
        while self._waiting and (not taken or size + footprint(self._waiting[0]) <= most_bytes):
            record = self._waiting.popleft()
            size += footprint(record)
            taken.append(record)
        self._given += size
        return taken

    def settle(self) -> None:
        """Note that everything read so far is acknowledged."""
        self._settled = self._given

    def rewind(self) -> None:
        """Do nothing: what was read is gone from memory already."""


Segment: TypeAlias = FileSegment | MemorySegment
