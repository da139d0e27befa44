"""What records of a partition wait for: the lag in seconds, and starvation, when nothing hinders reading them."""

from collections.abc import Callable
from typing import Final


class Lag:
    """The lag of one partition in seconds, by the worker's monotonic clock.

    It is the age of the newest written record when it was written, and grows while records wait and none is written.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock: Final = clock
        self._age = 0.0
        self._waiting_since: float | None = None
        self.written_below = 0

    def begin(self, offset: int) -> None:
        """Record that everything below an offset is written."""
        self.written_below = offset

    def mark_written(self, next_offset: int, age_seconds: float) -> None:
        """Record that everything below an offset is written, the last of it at an age."""
        self.written_below, self._age = next_offset, max(0.0, age_seconds)
        self._waiting_since = None

    def update(self, *, is_waiting: bool) -> None:
        """Record whether records wait; called every second."""
        if not is_waiting:
            self._waiting_since = None
        elif self._waiting_since is None:
            self._waiting_since = self._clock()

    @property
    def waiting_seconds(self) -> float:
        """How long records have waited without one being written."""
        return 0.0 if self._waiting_since is None else self._clock() - self._waiting_since

    @property
    def seconds(self) -> float:
        """The lag."""
        return self._age + self.waiting_seconds


class Starvation:
    """How long records have waited in Kafka although nothing hindered their being read: the client may be stuck."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock: Final = clock
        self._since: float | None = None
        self._silent_seconds = 0.0

    def end(self) -> None:
        """Record that something was read."""
        self._since, self._silent_seconds = None, 0.0

    def add_silence(self, seconds: float) -> None:
        """Record that a record which must exist did not come for some seconds."""
        self._silent_seconds += seconds

    def update(self, *, is_starved: bool) -> None:
        """Record whether records wait that nothing hinders from being read; called every second."""
        if not is_starved:
            self._since = None
        elif self._since is None:
            self._since = self._clock()

    @property
    def seconds(self) -> float:
        """How long it has lasted; 0 while it does not."""
        return 0.0 if self._since is None else self._clock() - self._since + self._silent_seconds
