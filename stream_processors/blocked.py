"""Which partitions are blocked because ClickHouse refuses their calls; written by the loop, read by other threads."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from stream_processors import metrics

_refused: defaultdict[int, list["Refusal"]] = defaultdict(list)


@dataclass(slots=True, eq=False)
class Refusal:
    """A call of a partition; `reason` says why ClickHouse refuses it, None while it may still succeed."""

    partition: int
    reason: str | None = None

    def block(self, reason: str) -> None:
        """Mark the partition as blocked until the cause is fixed."""
        if self.reason is None:
            _refused[self.partition].append(self)
            metrics.BLOCKED.labels(self.partition).set(1)
        self.reason = reason

    def unblock(self) -> None:
        """Mark the call as succeeded or given up."""
        if self.reason is not None:
            _refused[self.partition].remove(self)
            metrics.BLOCKED.labels(self.partition).set(len(_refused[self.partition]) > 0)


@contextmanager
def refusal_of_call(partition: int) -> Iterator[Refusal]:
    """Keep a refusal while a call is retried."""
    refusal = Refusal(partition)
    try:
        yield refusal
    finally:
        refusal.unblock()


def reason_of(partition: int) -> str | None:
    """Return why a partition is blocked; None if it is not."""
    refused = _refused.get(partition)
    return refused[0].reason if refused else None
