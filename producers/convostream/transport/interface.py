"""The interface between a tracker and the way to the broker.

Two implementations: `convostream.transport.kafka.KafkaTransport` and `convostream.testing.MemoryTransport`.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol


class OutgoingRecord(NamedTuple):
    """One event as a record of the topic: the key is `<agent_id>/<conversation_id>`, the value its JSON, both UTF-8."""

    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of events so far: accepted + recovered = sent + dropped + unsent."""

    # Events accepted for sending.
    accepted: int = 0

    # Events that the broker acknowledged.
    sent: int = 0

    # Events refused because the queue was full or the tracker closed.
    refused: int = 0

    # Events that the broker rejected permanently (too large), or that the spool could not read.
    dropped: int = 0

    # Events accepted or recovered that are neither acknowledged nor dropped.
    unsent: int = 0

    # Bytes that these take, in memory or in the spool.
    unsent_bytes: int = 0

    # Failed attempts to connect or send; they are retried.
    failures: int = 0

    # Events of terminated processes, recovered from the spool and sent by this process.
    recovered: int = 0

    # Corrupt frames in the spool's files, such as one truncated by a power failure.
    corrupt_frames: int = 0

    # Failures of the spool's disk; events are kept in memory meanwhile.
    spool_failures: int = 0


class Transport(Protocol):
    """Send records, in order within a key. No method raises because of the broker."""

    def send(self, record: OutgoingRecord) -> bool:
        """Accept a record for sending, without blocking; return False if it is refused."""

    def flush(self, timeout: float) -> int:
        """Wait until accepted records are sent, for at most `timeout` seconds; return the number of unsent ones."""

    def close(self, timeout: float) -> int:
        """Flush, then refuse further records; return the number of unsent ones. Closing again changes nothing."""

    def stats(self) -> Stats:
        """Return the counts so far."""
