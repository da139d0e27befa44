"""The queue on disk: what the tracking calls write, what the publisher reads, and what dead processes left.

Segments found in the homes of dead processes go first, then this process's own, each from its beginning to its end; so
the events of a conversation keep their order. While the disk takes nothing, records wait in memory, in their place
between the segments. Two locks, always taken in this order: `_writing` for what is offered, `_settled` for the counts.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from convostream.errors import InvalidSettings
from convostream.settings import Settings
from convostream.transport.interface import Record
from convostream.transport.memory_queue import footprint
from convostream.transport.queue import Queue, Wake
from convostream.transport.spool.background import ADOPT_SECONDS, Keeper
from convostream.transport.spool.faults import Faults
from convostream.transport.spool.frames import encode
from convostream.transport.spool.orphans import LeftOvers
from convostream.transport.spool.private_paths import UnsafePath
from convostream.transport.spool.process_directories import SpoolDirectory
from convostream.transport.spool.segments import FileSegment, MemorySegment, Segment
from convostream.transport.spool.writer import SpoolFull, Writer, force

# How long a disk that failed is left alone before the next event tries it again.
REST_SECONDS: Final = 1.0


class Spool(Queue):
    """A queue that outlives its process; bounded in bytes together with all other processes of its directory."""

    noun = "spool"

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
        self._left_overs = LeftOvers(self._directory, self._faults)
        self._writer = Writer(self._directory, settings.spool_fsync, clock)
        self._memory_bytes = settings.buffer_bytes
        self._left: deque[Segment] = deque()
        self._own: deque[Segment] = deque()
        self._taken: Segment | None = None
        self._outstanding = 0
        self._disk_rests_until = 0.0
        self._busy = self._released = False
        self._interrupting: deque[Record] = deque()
        self._wake: Wake | None = None
        self._syncs = settings.spool_fsync == "interval"
        self._keeper = Keeper(self._adopt, self._sync, settings.spool_fsync_interval_ms / 1000, adopt_seconds)

    @property
    def unsent_bytes(self) -> int:
        """Return the bytes that unsent records hold on disk, and in memory where the disk failed."""
        with self._writing:
            return sum(segment.unsent_bytes for segment in (*self._left, *self._own))

    @property
    def damaged(self) -> int:
        """Return how many damaged stretches were met."""
        return self._faults.damaged

    @property
    def spool_failures(self) -> int:
        """Return how often the disk failed."""
        return self._faults.failures

    def claim(self) -> bool:
        """Lock what dead processes left, for the keeper to read; tell whether there is something.

        Raises InvalidSettings when another user controls the directory.
        """
        try:
            self._directory.check()
        except UnsafePath as error:
            raise InvalidSettings(f"CONVOSTREAM_SPOOL_DIRECTORY: {error.text}") from None
        except OSError:  # counted and logged by whatever needs the directory
            return False
        return self._left_overs.claim()

    def begin(self, wake: Wake) -> None:
        """Start the keeper; the publisher is given nothing before it has looked for what others left."""
        self._wake = wake
        self._ready = False
        self._keeper.start()

    def offer(self, record: Record) -> bool:
        """Write the record to the disk if there is room and the spool is open; count it either way."""
        with self._writing:
            if self._busy:  # a signal handler tracks in the midst of a call; that call writes this one too
                self._interrupting.append(record)
                return True
            self._busy = True
            try:
                return self._write(record)
            finally:
                while self._interrupting:
                    self._write(self._interrupting.popleft())
                self._busy = False

    def take(self, most_bytes: int) -> list[Record]:
        """Return the next records, at least one if there is any; only the publisher takes, and settles all first."""
        while self._ready and not self._released and (segment := self._first()) is not None:
            records = self._read(segment, most_bytes)
            if records:
                self._taken, self._outstanding = segment, len(records)
                return records
            segment.settle()  # nothing new, or nothing but damage
            if not self._retire(segment):
                break
        return []

    def settle(self, records: list[Record], *, dropped: bool = False) -> None:
        """Forget records that the broker acknowledged, or refused for good; delete a segment of which all are."""
        self._outstanding -= len(records)
        if self._outstanding == 0 and self._taken is not None:
            self._taken.settle()
            self._retire(self._taken)
        self._count_settled(len(records), dropped=dropped)

    def release(self) -> int:
        """Let all homes go; return how many unsent events lie in them for the next process."""
        self._keeper.stop()
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
                self._writer.leave_home()
            self._left_overs.leave()
            return sum(segment.unsent for segment in self._files())

    def abandon(self) -> None:
        """Close the files in a forked child: they are its parent's, which goes on with them."""
        self._writer.abandon()
        for segment in self._files():
            segment.close_files()

    def _files(self) -> list[FileSegment]:
        return [segment for segment in (*self._left, *self._own) if isinstance(segment, FileSegment)]

    def _write(self, record: Record) -> bool:
        if not self._open:
            return self._refuse()
        if self._clock() < self._disk_rests_until:
            return self._keep_in_memory(record)
        try:
            self._add(self._writer.append(encode(record)))
        except SpoolFull:
            return self._refuse()
        except OSError as error:
            self._disk_rests_until = self._clock() + REST_SECONDS
            self._faults.note_failure(error)
            return self._keep_in_memory(record)
        if self._syncs:
            self._keeper.note_change()
        return self._accept()

    def _keep_in_memory(self, record: Record) -> bool:
        held = sum(segment.unsent_bytes for segment in self._own if isinstance(segment, MemorySegment))
        if held + footprint(record) > self._memory_bytes:
            return self._refuse()
        last = self._own[-1] if self._own else None
        if not isinstance(last, MemorySegment):
            last = MemorySegment()
            self._add(last)
        last.append(record)
        return self._accept()

    def _add(self, segment: Segment | None) -> None:
        if segment is not None:
            if self._own:
                self._own[-1].open = False
            self._own.append(segment)

    def _first(self) -> Segment | None:
        with self._writing:
            return next(iter(self._left or self._own), None)

    def _read(self, segment: Segment, most_bytes: int) -> list[Record]:
        if isinstance(segment, MemorySegment):
            return segment.read(most_bytes)
        try:
            with self._writing:  # whose holder may rename it
                segment.open_reader()
            records = segment.read(most_bytes)
        except OSError as error:
            self._faults.note_failure(error)
            segment.give_up()
            return []
        self._faults.note_damage(segment.path, segment.new_damage())
        return records

    def _retire(self, segment: Segment) -> bool:
        """Let a segment go that is drained: delete it, or empty it when it is the open one. Tell if it was deleted."""
        with self._writing:
            if not segment.drained or self._released:
                return False
            with self._faults.counted():
                if segment.open:
                    segment.rewind()
            if segment.open:
                return False
            with self._faults.counted():
                (self._left if self._left and self._left[0] is segment else self._own).popleft()
                self._delete(segment)
        return True

    def _delete(self, segment: Segment) -> None:
        self._writer.has_space()
        if isinstance(segment, FileSegment):
            if segment.unread:
                self._faults.note_loss(segment.path, segment.unread)
                self._count_settled(segment.unread, dropped=True)
            segment.close_files()
            segment.delete()
            self._left_overs.close_empty(segment.home)

    def _adopt(self) -> None:
        """Take over what dead processes left; from the first time on the publisher is given records."""
        try:
            if self._open or not self._ready:
                self._left_overs.claim()
            segments = self._left_overs.read()
            with self._writing, self._settled:
                self._left += segments
                self._found += sum(segment.unsent for segment in segments)
        finally:
            with self._settled:
                self._ready = True
                self._settled.notify_all()
            if self._wake is not None:
                self._wake()

    def _sync(self) -> None:
        """Bring what was written since the last time to the disk."""
        with self._writing, self._faults.counted():
            descriptors, home = self._writer.unsynced()
        force(descriptors, self._faults)
        if home is not None:
            with self._faults.counted():
                self._directory.sync(home)
