"""What dead processes left in the spool directory: locked, read through once, and handed over for sending.

A home whose events are not all sent stays locked by this process, and where a file cannot be read or deleted it stays
so to the end, for a later process to try again.
"""

from convostream.transport.spool.faults import Faults
from convostream.transport.spool.process_directories import Home, SpoolDirectory
from convostream.transport.spool.segments import FileSegment


class LeftOvers:
    """Takes over the homes of dead processes; each is taken over by one process alone."""

    def __init__(self, directory: SpoolDirectory, faults: Faults) -> None:
        self.homes: list[Home] = []
        self._directory = directory
        self._faults = faults
        self._unread: list[Home] = []

    def claim(self) -> bool:
        """Lock the homes of dead processes; tell whether there are any to read."""
        with self._faults.counted():
            self._unread += self._directory.claim(self._faults.note_failure)
        return bool(self._unread)

    def read(self) -> list[FileSegment]:
        """Return the segments of the homes that were claimed, oldest first; what holds no events is deleted."""
        found: list[FileSegment] = []
        homes, self._unread = self._unread, []
        for home in homes:
            self.homes.append(home)
            with self._faults.counted():
                found += [
                    segment for name in home.left_segments() if (segment := self._segment(home, name)) is not None
                ]
                self.close_empty(home)
        return found

    def close_empty(self, home: Home) -> None:
        """Delete a home in which nothing is left."""
        if home in self.homes and not home.unsent_segments:
            home.remove()
            self.homes.remove(home)

    def leave(self) -> None:
        """Let all homes go."""
        for home in (*self.homes, *self._unread):
            home.leave()

    def _segment(self, home: Home, name: str) -> FileSegment | None:
        segment = FileSegment(home, name)
        with self._faults.counted():
            events = segment.scan()
            self._faults.note_damage(segment.path, segment.new_damage())
            if events:
                return segment
            segment.delete()
        return None
