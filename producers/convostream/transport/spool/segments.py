"""Store a part of the spool's queue: a file of frames, or records in memory while the disk fails.

Tracking calls append to a segment. The publisher reads it from the beginning and settles what it has read. Methods of
a file segment raise OSError; after an error the file can still be read.
"""

import os
from collections import deque
from pathlib import Path
from typing import Final, TypeAlias

from convostream.transport.interface import OutgoingRecord
from convostream.transport.memory_queue import footprint
from convostream.transport.spool.frames import decode
from convostream.transport.spool.process_directories import ProcessDirectory

# Syncs a file's bytes to disk.
SYNC: Final = getattr(os, "fdatasync", os.fsync)


class FileSegment:
    """A file of frames in a process directory."""

    def __init__(self, directory: ProcessDirectory, name: str, *, limit_bytes: int = 0) -> None:
        self.directory: Final = directory
        self._name = name
        self.open = False
        self._count = self._given = self._acknowledged = 0
        self._corrupt_frames: list[tuple[int, int]] = []
        self._scanned = self._unreadable = False
        self._limit_bytes = limit_bytes
        self._size = self._next = self._settled = 0
        self._writer = self._reader = -1
        directory.unsent_segments += 1

    @property
    def path(self) -> Path:
        """The path of the file."""
        return self.directory.path / self._name

    @property
    def drained(self) -> bool:
        """Whether everything in it has been read and settled."""
        return self._settled >= self._size

    @property
    def unsent_bytes(self) -> int:
        """The bytes of the file that are not settled."""
        return self._size - self._settled

    @property
    def unread(self) -> int:
        """The number of records that have not been read."""
        return self._count - self._given

    @property
    def unsent(self) -> int:
        """The number of records that are not settled."""
        return self._count - self._acknowledged

    def has_room(self, frame: bytes) -> bool:
        """Return whether the segment is open and the frame fits."""
        return self.open and self._size + len(frame) <= self._limit_bytes

    def create(self) -> None:
        """Create the file and open it for writing."""
        self._writer = self.directory.open(self._name, os.O_CREAT | os.O_EXCL | os.O_RDWR)
        self.open = True

    def append(self, frame: bytes, *, sync: bool) -> None:
        """Append a frame. On OSError the segment is unchanged."""
        at = self._size
        view = memoryview(frame)
        while view:  # without O_APPEND, so that the next call overwrites the bytes of an interrupted one
            written = os.pwrite(self._writer, view, at)
            at, view = at + written, view[written:]
        if sync:
            SYNC(self._writer)
        self._count += 1
        self._size = at

    def close(self) -> int:
        """Stop writing and return the descriptor; the caller syncs and closes it."""
        self.open = False
        writer, self._writer = self._writer, -1
        return writer

    def mark_closed(self) -> None:
        """Rename the file to a closed segment, and truncate what a failed call left after its end."""
        os.ftruncate(self._writer, self._size)
        self._name = self.directory.close_name(self._name)

    def duplicate(self) -> int:
        """Return a second descriptor of the open file."""
        return os.dup(self._writer)

    def scan(self) -> int:
        """Read the whole file of a dead process and return its number of records."""
        with os.fdopen(self.directory.open(self._name, os.O_RDONLY), "rb") as file:
            data = file.read()
        decoded = decode(data, complete=True)
        self._size = len(data)
        self._count = len(decoded.records)
        self._corrupt_frames = decoded.corrupt_frames
        self._scanned = True
        return self._count

    def take_corrupt_frames(self) -> list[tuple[int, int]]:
        """Return the corrupt byte ranges that were found since the last call."""
        frames, self._corrupt_frames = self._corrupt_frames, []
        return frames

    def open_reader(self) -> None:
        """Open the file for reading, once."""
        if self._reader < 0:
            self._reader = self.directory.open(self._name, os.O_RDONLY)

    def read(self, most_bytes: int) -> list[OutgoingRecord]:
        """Return the next records, at least one if there is any."""
        size = self._size
        records = self._read(min(most_bytes, size - self._next), size)
        if not records and self._next < size:  # a larger frame, or a corrupt one
            records = self._read(size - self._next, size)
        self._given += len(records)
        return records

    def give_up(self) -> None:
        """Stop reading. The file stays, because a later process may be able to read it."""
        self._next = self._size
        self._unreadable = True

    def settle(self) -> None:
        """Mark everything read so far as acknowledged."""
        self._settled = self._next
        self._acknowledged = self._given

    def rewind(self) -> None:
        """Truncate the open file, of which everything is settled."""
        os.ftruncate(self._writer, 0)
        self._size = self._next = self._settled = self._count = self._given = self._acknowledged = 0

    def delete(self) -> None:
        """Delete the file unless it could not be read."""
        if self._unreadable:
            return
        self.directory.delete(self._name)
        self.directory.unsent_segments -= 1

    def close_files(self) -> None:
        """Close the descriptors of this process. The file stays."""
        descriptors = (self._writer, self._reader)
        self._writer = self._reader = -1  # first, so that a child forked now does not close them again
        for descriptor in descriptors:
            if descriptor >= 0:
                os.close(descriptor)

    def _read(self, length: int, size: int) -> list[OutgoingRecord]:
        data = os.pread(self._reader, length, self._next)
        complete = self._next + length >= size or len(data) < length
        decoded = decode(data, complete=complete)
        if not self._scanned:
            self._corrupt_frames += [(self._next + begin, self._next + end) for begin, end in decoded.corrupt_frames]
        self._next = size if len(data) < length else self._next + decoded.used
        return decoded.records


class MemorySegment:
    """Records in memory that could not be written to disk."""

    def __init__(self) -> None:
        self.open = True
        self._waiting: deque[OutgoingRecord] = deque()
        self._added = self._given = self._settled = 0

    @property
    def unread(self) -> int:
        """The number of records that have not been read."""
        return len(self._waiting)

    @property
    def drained(self) -> bool:
        """Whether everything in it has been read and settled."""
        return self._settled == self._added

    @property
    def unsent_bytes(self) -> int:
        """The bytes of memory of the unsettled records."""
        return self._added - self._settled

    def append(self, record: OutgoingRecord) -> None:
        """Add a record."""
        self._added += footprint(record)
        self._waiting.append(record)

    def read(self, most_bytes: int) -> list[OutgoingRecord]:
        """Return the next records, at least one if there is any."""
        taken: list[OutgoingRecord] = []
        size = 0
        while self._waiting and (not taken or size + footprint(self._waiting[0]) <= most_bytes):
            record = self._waiting.popleft()
            size += footprint(record)
            taken.append(record)
        self._given += size
        return taken

    def settle(self) -> None:
        """Mark everything read so far as acknowledged."""
        self._settled = self._given

    def rewind(self) -> None:
        """Do nothing: records leave memory when they are read."""


Segment: TypeAlias = FileSegment | MemorySegment
