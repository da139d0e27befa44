"""Queue events on disk: tracking calls write them, the publisher reads them, orphans of dead processes are included.

Recovered segments of dead processes are sent first, then this process's own, each from beginning to end, so the events
of a conversation keep their order. While the disk fails, records wait in a memory segment at their position in the
queue. Two locks are always taken in this order: `_writing` for writes, then `_settled` for the counts.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from convostream.errors import InvalidSettings
from convostream.settings import Settings
from convostream.transport.interface import OutgoingRecord
from convostream.transport.memory_queue import footprint
from convostream.transport.queue import Queue, Wake
from convostream.transport.spool.background import ADOPT_SECONDS, BackgroundThread
from convostream.transport.spool.faults import Faults
from convostream.transport.spool.frames import encode
from convostream.transport.spool.orphans import Orphans
from convostream.transport.spool.private_paths import UnsafePath
from convostream.transport.spool.process_directories import SpoolDirectory
from convostream.transport.spool.segments import FileSegment, MemorySegment, Segment
from convostream.transport.spool.writer import SpoolFull, Writer, force

# Seconds after a disk failure before the next event tries the disk again.
DISK_RETRY_SECONDS: Final = 1.0


class Spool(Queue):
    """A queue that survives its process. All processes of a directory share one limit in bytes."""

    kind = "spool"

    def __init__(
        self,
        settings: Settings,
        directory: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        adopt_seconds: float = ADOPT_SECONDS,
    ) -> None:
        super().__init__(clock)
        self._writing = threading.RLock()
        self._faults = Faults()
        self._directory = SpoolDirectory(directory, settings.spool_bytes)
        self._orphans = Orphans(self._directory, self._faults)
        self._writer = Writer(self._directory, settings.spool_fsync, clock)
        self._memory_bytes = settings.buffer_bytes
        self._recovered_segments: deque[Segment] = deque()
        self._own_segments: deque[Segment] = deque()
        self._current: Segment | None = None
        self._outstanding = 0
        self._disk_retry_at = 0.0
        self._busy = self._released = False
        self._interrupting: deque[OutgoingRecord] = deque()
        self._wake: Wake | None = None
        self._syncs = settings.spool_fsync == "interval"
        self._background = BackgroundThread(
            self._adopt, self._sync, settings.spool_fsync_interval_ms / 1000, adopt_seconds
        )

    @property
    def unsent_bytes(self) -> int:
        """The bytes of unsent records on disk, and in memory after a disk failure."""
        with self._writing:
            return sum(segment.unsent_bytes for segment in (*self._recovered_segments, *self._own_segments))

    @property
    def corrupt_frames(self) -> int:
        """The number of corrupt frames found."""
        return self._faults.corrupt_frames

    @property
    def spool_failures(self) -> int:
        """The number of disk failures."""
        return self._faults.failures

    def claim(self) -> bool:
        """Lock the directories of dead processes for the background thread. Return whether there are any.

        Raises InvalidSettings if another user controls the spool directory.
        """
        try:
            self._directory.check()
        except UnsafePath as error:
            raise InvalidSettings(f"CONVOSTREAM_SPOOL_DIRECTORY: {error.text}") from None
        except OSError:  # counted and logged at the next use of the directory
            return False
        return self._orphans.claim()

    def begin(self, wake: Wake) -> None:
        """Start the background thread. The publisher gets no records before the first search for orphans."""
        self._wake = wake
        self._ready = False
        self._background.start()

    def offer(self, record: OutgoingRecord) -> bool:
        """Write the record to disk if there is room and the spool is open. Count it either way."""
        with self._writing:
            if self._busy:  # a signal handler interrupted a call; that call writes this record too
                self._interrupting.append(record)
                return True
            self._busy = True
            try:
                return self._write(record)
            finally:
                while self._interrupting:
                    self._write(self._interrupting.popleft())
                self._busy = False

    def take(self, most_bytes: int) -> list[OutgoingRecord]:
        """Return the next records, at least one if any. Only the publisher calls this, with nothing unsettled."""
        while self._ready and not self._released and (segment := self._first()) is not None:
            records = self._read(segment, most_bytes)
            if records:
                self._current, self._outstanding = segment, len(records)
                return records
            segment.settle()  # nothing new, or only corrupt frames
            if not self._retire(segment):
                break
        return []

    def settle(self, records: list[OutgoingRecord], *, dropped: bool = False) -> None:
        """Remove records that were acknowledged or dropped. Delete a segment when all its records are."""
        self._outstanding -= len(records)
        if self._outstanding == 0 and self._current is not None:
            self._current.settle()
            self._retire(self._current)
        self._count_settled(len(records), dropped=dropped)

    def release(self) -> int:
        """Release all directories. Return the number of unsent events that remain for the next process."""
        self._background.stop()
        with self._writing:
            self._released = True
            with self._faults.counted():
                self._writer.close_segment()
            if self._syncs:
                self._sync()
            for segment in self._files():
                segment.close_files()
                if segment.drained:
                    with self._faults.counted():
                        segment.delete()
            with self._faults.counted():
                self._writer.release_directory()
            self._orphans.leave()
            return sum(segment.unsent for segment in self._files())

    def abandon(self) -> None:
        """Close the files in a forked child; they belong to its parent."""
        self._writer.abandon()
        for segment in self._files():
            segment.close_files()

    def _files(self) -> list[FileSegment]:
        return [
            segment for segment in (*self._recovered_segments, *self._own_segments) if isinstance(segment, FileSegment)
        ]

    def _write(self, record: OutgoingRecord) -> bool:
        if not self._open:
            return self._refuse()
        if self._clock() < self._disk_retry_at:
            return self._keep_in_memory(record)
        try:
            self._add(self._writer.append(encode(record)))
        except SpoolFull:
            return self._refuse()
        except OSError as error:
            self._disk_retry_at = self._clock() + DISK_RETRY_SECONDS
            self._faults.note_failure(error)
            return self._keep_in_memory(record)
        if self._syncs:
            self._background.note_change()
        return self._accept()

    def _keep_in_memory(self, record: OutgoingRecord) -> bool:
        used = sum(segment.unsent_bytes for segment in self._own_segments if isinstance(segment, MemorySegment))
        if used + footprint(record) > self._memory_bytes:
            return self._refuse()
        last = self._own_segments[-1] if self._own_segments else None
        if not isinstance(last, MemorySegment):
            last = MemorySegment()
            self._add(last)
        last.append(record)
        return self._accept()

    def _add(self, segment: Segment | None) -> None:
        if segment is not None:
            if self._own_segments:
                self._own_segments[-1].open = False
            self._own_segments.append(segment)

    def _first(self) -> Segment | None:
        with self._writing:
            return next(iter(self._recovered_segments or self._own_segments), None)

    def _read(self, segment: Segment, most_bytes: int) -> list[OutgoingRecord]:
        if isinstance(segment, MemorySegment):
            return segment.read(most_bytes)
        try:
            with self._writing:  # a writer may rename the file
                segment.open_reader()
            records = segment.read(most_bytes)
        except OSError as error:
            self._faults.note_failure(error)
            segment.give_up()
            return []
        self._faults.note_corruption(segment.path, segment.take_corrupt_frames())
        return records

    def _retire(self, segment: Segment) -> bool:
        """Delete a drained segment, or truncate it if it is open. Return whether it was deleted."""
        with self._writing:
            if not segment.drained or self._released:
                return False
            with self._faults.counted():
                if segment.open:
                    segment.rewind()
            if segment.open:
                return False
            with self._faults.counted():
                queue = self._recovered_segments if segment in self._recovered_segments else self._own_segments
                queue.popleft()
                self._delete(segment)
        return True

    def _delete(self, segment: Segment) -> None:
        self._writer.note_deletion()
        if isinstance(segment, FileSegment):
            if segment.unread:
                self._faults.note_loss(segment.path, segment.unread)
                self._count_settled(segment.unread, dropped=True)
            segment.close_files()
            segment.delete()
            self._orphans.close_empty(segment.directory)

    def _adopt(self) -> None:
        """Take over orphans. After the first search the publisher gets records."""
        try:
            if self._open or not self._ready:
                self._orphans.claim()
            segments = self._orphans.read()
            with self._writing, self._settled:
                self._recovered_segments += segments
                self._recovered += sum(segment.unsent for segment in segments)
        finally:
            with self._settled:
                self._ready = True
                self._settled.notify_all()
            if self._wake is not None:
                self._wake()

    def _sync(self) -> None:
        """Sync to disk what was written since the last time."""
        with self._writing, self._faults.counted():
            descriptors, directory = self._writer.unsynced()
        force(descriptors, self._faults)
        if directory is not None:
            with self._faults.counted():
                self._directory.sync(directory)
