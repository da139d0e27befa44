"""Write events to the open segment in the directory of this process.

This module is not thread-safe; the spool calls it under its lock.
"""

import os
from collections.abc import Callable
from typing import Final, Literal, TypeAlias

from convostream.transport.spool.faults import Faults
from convostream.transport.spool.process_directories import ProcessDirectory, SpoolDirectory
from convostream.transport.spool.segments import SYNC, FileSegment

Fsync: TypeAlias = Literal["each", "interval", "never"]

# How long a full spool counts as full before it is measured again. A deletion in this process ends that at once.
FULL_SECONDS: Final = 0.5


class SpoolFull(Exception):
    """The spool has reached CONVOSTREAM_SPOOL_BYTES."""


class Writer:
    """Appends frames to segments, and opens a new segment when the last one is full or has failed."""

    def __init__(self, directory: SpoolDirectory, fsync: Fsync, clock: Callable[[], float]) -> None:
        self.process_directory: ProcessDirectory | None = None
        self._directory = directory
        self._fsync = fsync
        self._clock = clock
        self._open: FileSegment | None = None
        self._full_until = 0.0
        self._changed = False
        self._named = False
        self._closed: list[int] = []  # descriptors of closed segments that are not synced yet

    def append(self, frame: bytes) -> FileSegment | None:
        """Append a frame. Return the segment if it is a new one.

        Raises SpoolFull, or OSError if the write fails; then the open segment is closed.
        """
        segment = self._open
        if segment is None or not segment.has_room(frame):
            return self._begin_segment(frame)
        try:
            segment.append(frame, sync=self._fsync == "each")
        except OSError:
            self.close_segment()
            raise
        self._changed = True
        return None

    def close_segment(self) -> None:
        """Close the open segment if there is one."""
        segment, self._open = self._open, None
        if segment is None:
            return
        try:
            segment.mark_closed()
        finally:
            descriptor = segment.close()
            if self._fsync == "interval":
                self._closed.append(descriptor)
            else:
                os.close(descriptor)

    def note_deletion(self) -> None:
        """Measure the free space again at the next event."""
        self._full_until = 0.0

    def release_directory(self) -> None:
        """Release the process directory, and delete it if it has no unsent segments."""
        directory, self.process_directory = self.process_directory, None
        if directory is None:
            return
        try:
            if not directory.unsent_segments:
                directory.remove()
        finally:
            directory.leave()

    def unsynced(self) -> tuple[list[int], ProcessDirectory | None]:
        """Return descriptors of unsynced files, and the process directory if its names are unsynced."""
        descriptors, self._closed = self._closed, []
        if self._changed and self._open is not None:
            descriptors.append(self._open.duplicate())
        named = self.process_directory if self._named else None
        self._changed = self._named = False
        return descriptors, named

    def abandon(self) -> None:
        """Close the files in a forked child; they belong to the parent."""
        closed, self._closed = self._closed, []
        for descriptor in closed:
            os.close(descriptor)

    def _begin_segment(self, frame: bytes) -> FileSegment:
        if self._clock() < self._full_until:
            raise SpoolFull
        self.close_segment()
        directory = self.process_directory = self.process_directory or self._directory.create()
        segment = FileSegment(
            directory, directory.next_name(), limit_bytes=max(len(frame), self._directory.segment_bytes)
        )
        try:
            self._fill(segment, frame)
        except (OSError, SpoolFull) as error:
            segment.close_files()
            if isinstance(error, FileNotFoundError):  # the process directory was deleted by someone else
                self.process_directory = None
                directory.leave()
            segment.delete()
            raise
        self._open = segment
        self._changed = self._named = True
        return segment

    def _fill(self, segment: FileSegment, frame: bytes) -> None:
        segment.create()
        segment.append(frame, sync=self._fsync == "each")
        if self._fsync == "each":
            self._directory.sync(segment.directory)
        if self._directory.overfull():
            self._full_until = self._clock() + FULL_SECONDS
            raise SpoolFull


def force(descriptors: list[int], faults: Faults) -> None:
    """Sync files to disk and close their descriptors."""
    for descriptor in descriptors:
        with faults.counted():
            SYNC(descriptor)
        os.close(descriptor)
