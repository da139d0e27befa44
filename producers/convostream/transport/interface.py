"""What carries records away: the interface between the tracker and the way to the broker.

Two implementations: `convostream.transport.kafka.KafkaTransport` and `convostream.testing.MemoryTransport`.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Record(NamedTuple):
    """One event as it goes on the topic: the key is `<agent_id>/<conversation_id>`, the value its JSON, both UTF-8."""

    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Stats:
    """What became of the events so far: accepted + found = sent + dropped + unsent."""

    # Events taken over for sending.
    accepted: int = 0

    # Events that the broker has acknowledged.
    sent: int = 0

    # Events not taken over, because the buffer or the spool was full or the tracker closed.
    refused: int = 0

    # Events that the broker refused for good (too large for it), or that the spool could not read back.
    dropped: int = 0

    # Events accepted or found, and neither acknowledged nor dropped yet.
    unsent: int = 0

    # The bytes that those hold: of memory, or of the spool.
    unsent_bytes: int = 0

    # Attempts to reach the broker or to send that failed, and were or will be repeated.
    failures: int = 0

    # Events that dead processes left in the spool, taken over for sending.
    found: int = 0

    # Stretches of the spool's files that hold no whole event, like one cut off by a power failure.
    damaged: int = 0

    # How often the spool's disk failed; the events of that time are kept in memory.
    spool_failures: int = 0


class Transport(Protocol):
    """Carries records away, in order within a key. No method raises because of the broker."""

    def send(self, record: Record) -> bool:
        """Take the record over, at once; False when it is refused."""

    def flush(self, timeout: float) -> int:
        """Wait until what was accepted has been sent, at most so many seconds; return how many are unsent."""

    def close(self, timeout: float) -> int:
        """Flush, then take no more records; return how many were left unsent. Closing again changes nothing."""

    def stats(self) -> Stats:
        """Return the counts so far."""
