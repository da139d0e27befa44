"""A transport for the tests of your own agent: it keeps records in memory instead of sending them.

transport = MemoryTransport()
tracker = ConversationTracker("shop-assistant", transport=transport)
run_my_agent(tracker)
assert [message.content for message in transport.events_of(Message)] == ["Hello", "How can I help?"]
"""

import json
import threading
from typing import TypeVar

from convostream.contract.events import Event, validate_event
from convostream.transport.interface import OutgoingRecord, Stats

E = TypeVar("E")


class MemoryTransport:
    """Keep every record, in order, and return them as events."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: list[OutgoingRecord] = []
        self._refused = 0
        self._closed = False

    @property
    def records(self) -> list[OutgoingRecord]:
        """The records as they would be in the topic."""
        with self._lock:
            return list(self._records)

    @property
    def events(self) -> list[Event]:
        """The events, parsed from their JSON as a worker parses them."""
        return [validate_event(json.loads(record.value)) for record in self.records]

    def events_of(self, kind: type[E]) -> list[E]:
        """Return the events of one type, like `events_of(Message)`."""
        return [event for event in self.events if isinstance(event, kind)]

    def clear(self) -> None:
        """Remove all records."""
        with self._lock:
            self._records.clear()

    def send(self, record: OutgoingRecord) -> bool:
        """Keep the record, unless the transport is closed."""
        with self._lock:
            if self._closed:
                self._refused += 1
                return False
            self._records.append(record)
            return True

    def flush(self, timeout: float = 0) -> int:
        """Return 0: nothing is ever unsent."""
        return 0

    def close(self, timeout: float = 0) -> int:
        """Refuse records from now on."""
        with self._lock:
            self._closed = True
        return 0

    def stats(self) -> Stats:
        """Return the counts so far."""
        with self._lock:
            return Stats(accepted=len(self._records), sent=len(self._records), refused=self._refused)
