"""Take over the process directories of dead processes: lock them, read them once and return their segments.

This process keeps the lock until all events of the directory are sent. If a file cannot be read or deleted, it keeps
the lock until it ends, and a later process tries again.
"""

from convostream.transport.spool.faults import Faults
from convostream.transport.spool.process_directories import ProcessDirectory, SpoolDirectory
from convostream.transport.spool.segments import FileSegment


class Orphans:
    """Takes over directories of dead processes. Each directory is taken over by exactly one process."""

    def __init__(self, directory: SpoolDirectory, faults: Faults) -> None:
        self.directories: list[ProcessDirectory] = []
        self._directory = directory
        self._faults = faults
        self._unread: list[ProcessDirectory] = []

    def claim(self) -> bool:
        """Lock the directories of dead processes. Return whether there are any to read."""
        with self._faults.counted():
            self._unread += self._directory.claim(self._faults.note_failure)
        return bool(self._unread)

    def read(self) -> list[FileSegment]:
        """Return the segments of the locked directories, oldest first. Delete segments without events."""
        segments: list[FileSegment] = []
        directories, self._unread = self._unread, []
        for directory in directories:
            self.directories.append(directory)
            with self._faults.counted():
                segments += [
                    segment
                    for name in directory.segment_names()
                    if (segment := self._segment(directory, name)) is not None
                ]
                self.close_empty(directory)
        return segments

    def close_empty(self, directory: ProcessDirectory) -> None:
        """Delete a directory without unsent segments."""
        if directory in self.directories and not directory.unsent_segments:
            directory.remove()
            self.directories.remove(directory)

    def leave(self) -> None:
        """Release the locks of all directories."""
        for directory in (*self.directories, *self._unread):
            directory.leave()

    def _segment(self, directory: ProcessDirectory, name: str) -> FileSegment | None:
        segment = FileSegment(directory, name)
        with self._faults.counted():
            events = segment.scan()
            self._faults.note_corruption(segment.path, segment.take_corrupt_frames())
            if events:
                return segment
            segment.delete()
        return None
