"""Lag: how far ClickHouse is behind Kafka in one partition."""

from collections.abc import Callable


class Lag:
    """The lag of one partition in seconds, by the worker's monotonic clock.

    It is the age of the newest landed record when it landed, and grows for as long as records wait and none lands.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._age = 0.0
        self._waiting_since: float | None = None
        self.landed_below = 0

    def begin(self, offset: int) -> None:
        """Say that everything below an offset has landed."""
        self.landed_below = offset

    def land(self, next_offset: int, age_seconds: float) -> None:
        """Say that records have landed, the last of them below an offset and of an age."""
        self.landed_below, self._age = next_offset, max(0.0, age_seconds)
        self._waiting_since = None

    def look(self, *, is_waiting: bool) -> None:
        """Notice whether records wait; called every so often."""
        if not is_waiting:
            self._waiting_since = None
        elif self._waiting_since is None:
            self._waiting_since = self._clock()

    @property
    def waiting_seconds(self) -> float:
        """For how long records have waited without one landing."""
        return 0.0 if self._waiting_since is None else self._clock() - self._waiting_since

    @property
    def seconds(self) -> float:
        """The lag."""
        return self._age + self.waiting_seconds
