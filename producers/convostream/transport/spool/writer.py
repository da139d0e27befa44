"""Where the next event goes on disk: this process's home and its open segment.

Nothing here is safe in several threads; the spool calls it under its lock.
"""

import os
from collections.abc import Callable
from typing import Final, Literal, TypeAlias

from convostream.transport.spool.faults import Faults
from convostream.transport.spool.process_directories import Home, SpoolDirectory
from convostream.transport.spool.segments import SYNC, FileSegment

Fsync: TypeAlias = Literal["each", "interval", "never"]

# How long a full spool is taken for full before it is measured again; what is deleted here counts at once.
FULL_SECONDS: Final = 0.5


class SpoolFull(Exception):
    """The spool holds as many bytes as it may."""


class Writer:
    """Appends frames to segments, and opens a new one when the last is full or broken."""

    def __init__(self, directory: SpoolDirectory, fsync: Fsync, clock: Callable[[], float]) -> None:
        self.home: Home | None = None
        self._directory = directory
        self._fsync = fsync
        self._clock = clock
        self._open: FileSegment | None = None
        self._full_until = 0.0
        self._changed = False
        self._named = False
        self._closed: list[int] = []  # descriptors of closed segments that are not on the disk yet

    def append(self, frame: bytes) -> FileSegment | None:
        """Add a frame; return the segment when it is a new one.

        Raises SpoolFull, or OSError when the disk does not take it; then the open segment is closed.
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
        """Close the open segment, if there is one."""
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

    def has_space(self) -> None:
        """Measure at the next event whether there is space again."""
        self._full_until = 0.0

    def leave_home(self) -> None:
        """Let the home go, and delete it when nothing is left in it."""
        home, self.home = self.home, None
        if home is None:
            return
        try:
            if not home.unsent_segments:
                home.remove()
        finally:
            home.leave()

    def unsynced(self) -> tuple[list[int], Home | None]:
        """Give away descriptors of what is not on the disk yet, and the home if its names are not."""
        descriptors, self._closed = self._closed, []
        if self._changed and self._open is not None:
            descriptors.append(self._open.duplicate())
        named = self.home if self._named else None
        self._changed = self._named = False
        return descriptors, named

    def abandon(self) -> None:
        """Close the files; they are the parent process's."""
        closed, self._closed = self._closed, []
        for descriptor in closed:
            os.close(descriptor)

    def _begin_segment(self, frame: bytes) -> FileSegment:
        if self._clock() < self._full_until:
            raise SpoolFull
        self.close_segment()
        home = self.home = self.home or self._directory.move_in()
        segment = FileSegment(home, home.next_name(), limit_bytes=max(len(frame), self._directory.segment_bytes))
        try:
            self._fill(segment, frame)
        except (OSError, SpoolFull) as error:
            segment.close_files()
            if isinstance(error, FileNotFoundError):  # somebody has deleted the home
                self.home = None
                home.leave()
            segment.delete()
            raise
        self._open = segment
        self._changed = self._named = True
        return segment

    def _fill(self, segment: FileSegment, frame: bytes) -> None:
        segment.create()
        segment.append(frame, sync=self._fsync == "each")
        if self._fsync == "each":
            self._directory.sync(segment.home)
        if self._directory.overfull():
            self._full_until = self._clock() + FULL_SECONDS
            raise SpoolFull


def force(descriptors: list[int], faults: Faults) -> None:
    """Bring files to the disk and close these descriptors of them."""
    for descriptor in descriptors:
        with faults.counted():
            SYNC(descriptor)
        os.close(descriptor)
