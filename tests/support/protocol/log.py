"""Kafka in the protocol model: logs that grow, lose their beginning, are truncated, and are created again."""

from dataclasses import dataclass, field

from stream_processors.conversations.events import FoldEvent
from stream_processors.errors import LogChanged
from stream_processors.partitions.ranges import Fingerprint


@dataclass(frozen=True, slots=True)
class Message:
    """A sent record: an event of a conversation, or None for a dead letter."""

    conversation: int
    event: FoldEvent | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A message in a log; `serial` is unique among all messages."""

    offset: int
    serial: int
    message: Message

    @property
    def fingerprint(self) -> Fingerprint:
        """Its identity, which distinguishes it from another message at its offset."""
        return Fingerprint(self.serial, self.serial)


@dataclass(slots=True)
class Log:
    """One partition's log; `cuts` are the offsets from which on others came to stand, one cut after the other.

    `life` counts how often it was made.
    """

    entries: list[Entry] = field(default_factory=list)
    start: int = 0
    end: int = 0
    cuts: list[int] = field(default_factory=list)
    life: int = 1

    @property
    def bounds(self) -> tuple[int, int]:
        """The first offset, and the one after the last."""
        return self.start, self.end

    def append(self, serial: int, message: Message) -> None:
        """Add a message at the end."""
        self.entries.append(Entry(self.end, serial, message))
        self.end += 1

    def retain_from(self, offset: int) -> None:
        """Remove entries from the front."""
        self.start = min(max(self.start, offset), self.end)
        self.entries = [entry for entry in self.entries if entry.offset >= self.start]

    def truncate(self, offset: int) -> None:
        """Truncate the log: other entries will get these offsets."""
        self.end = max(self.start, min(offset, self.end))
        self.entries = [entry for entry in self.entries if entry.offset < self.end]
        self.cuts.append(self.end)

    def make_again(self) -> None:
        """Start again at offset 0; a reader at an offset that exists later does not notice."""
        self.entries, self.start, self.end = [], 0, 0
        self.life += 1


@dataclass(slots=True)
class Reader:
    """A consumer of one log, which returns to the start when its position no longer exists."""

    log: Log
    next_offset: int = 0
    cuts_seen: int = 0
    has_reset: bool = False
    life: int = 1

    def look(self) -> tuple[int, int]:
        """Ask for the bounds; cuts from now on are noticed."""
        self.cuts_seen, self.has_reset = len(self.log.cuts), False
        return self.log.bounds

    def recognise(self) -> None:
        """Ask for the topic's id."""
        self.life = self.log.life

    def check(self) -> None:
        """Ask whether the topic's id is still the one."""
        if self.life != self.log.life:
            raise LogChanged("the topic was made again")

    @property
    def is_at_end(self) -> bool:
        """Whether everything was read and every truncation noticed."""
        is_unread = self.has_reset or (self.log.entries and self.log.entries[-1].offset >= self.next_offset)
        is_same = self.cuts_seen == len(self.log.cuts) and self.life == self.log.life
        return is_same and not (self.log.entries and is_unread)

    def take(self, most: int, last: int | None = None) -> list[Entry]:
        """Return the next entries up to a number and an offset; LogChanged when offsets go back."""
        if self.next_offset > self.log.end or any(cut < self.next_offset for cut in self.log.cuts[self.cuts_seen :]):
            self.has_reset = True
        self.cuts_seen = len(self.log.cuts)
        start = self.log.start if self.has_reset else max(self.next_offset, self.log.start)
        found = [entry for entry in self.log.entries if entry.offset >= start]
        if found and found[0].offset < self.next_offset:
            raise LogChanged(f"offset {found[0].offset} came where {self.next_offset} was next")
        if found:
            self.has_reset = False
        kept = [entry for entry in found if last is None or entry.offset <= last][:most]
        if kept:
            self.next_offset = kept[-1].offset + 1
        elif found:
            self.next_offset = found[0].offset
        return kept


def partition_of(conversation: int, partitions: int) -> int:
    """The partition of a conversation."""
    return conversation % partitions
