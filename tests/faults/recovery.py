"""Measure how far ClickHouse is behind the log, by the workers' range log."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from tests.faults.fault_stack import FaultStack
from tests.faults.log import LogContents, end_offsets

POLL_SECONDS: Final = 0.25
_LATEST_SQL: Final = (
    "SELECT partition, log_epoch, owner_epoch, first, last, max(confirmed) AS sure, any(last_record_time)"
    " FROM ranges WHERE topic = {topic:String}"
    " GROUP BY partition, log_epoch, owner_epoch, first, last"
    " ORDER BY partition, owner_epoch DESC, log_epoch DESC, first DESC LIMIT 2 BY partition"
)


@dataclass(frozen=True, slots=True)
class WrittenOffset:
    """The last record of a partition that is known to be written."""

    log_epoch: int
    last: int
    time: int


class NotRecovered(Exception):
    """The workers do not recover on their own."""


def written_offsets(stack: FaultStack) -> dict[int, WrittenOffset] | None:
    """Return the last written record of each partition; None while ClickHouse does not answer."""
    rows = stack.rows_or_none(_LATEST_SQL, topic=stack.topic)
    if rows is None:
        return None
    found: dict[int, WrittenOffset] = {}
    skipped: dict[int, bool] = {}
    for partition, log_epoch, _, _, last, sure, at in rows:
        number = int(str(partition))
        # A range that another one follows is written too.
        if number not in found and (sure or skipped.get(number)):
            found[number] = WrittenOffset(int(str(log_epoch)), int(str(last)), milliseconds(at))
            stack.epochs_seen[number] = found[number].log_epoch
        skipped[number] = True
    return found


def milliseconds(at: object) -> int:
    """Return the epoch milliseconds of a ClickHouse time."""
    if not isinstance(at, datetime):
        raise TypeError(f"{at!r} is no time")
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


def await_recovery(stack: FaultStack, seconds: float) -> None:
    """Wait until everything that was in the log at the call is written; restart workers that end."""
    ends = end_offsets(stack.bootstrap, stack.topic, stack.load.highest())
    deadline = time.monotonic() + seconds
    while missing := _missing(ends, written_offsets(stack), stack.epochs_at_loss):
        _check(stack, deadline, missing)


def drain(stack: FaultStack, seconds: float) -> None:
    """Wait until the whole log is written and nothing is rerouted any more; save the log as the last one."""
    deadline = time.monotonic() + seconds
    before: LogContents = {}
    while True:
        log = stack.read_log_contents()
        missing = _not_written(log, written_offsets(stack))
        if not missing and log.keys() == before.keys():
            stack.logs.append(log)
            return
        before = log
        _check(stack, deadline, missing)


def _check(stack: FaultStack, deadline: float, missing: object) -> None:
    stack.workers.revive()
    if time.monotonic() > deadline:
        raise NotRecovered(f"not written: {missing}\n{worker_logs(stack)}")
    time.sleep(POLL_SECONDS)


def worker_logs(stack: FaultStack) -> str:
    """Return the last log lines of the running workers."""
    return "\n".join(f"{worker.name}: {line}" for worker in stack.workers.running for line in worker.last_lines(12))


def _missing(
    ends: Mapping[int, int], found: Mapping[int, WrittenOffset] | None, epochs: Mapping[int, int]
) -> list[str]:
    if found is None:
        return ["ClickHouse does not answer"]
    missing = []
    for partition, end in ends.items():
        at = found.get(partition)
        if end and (at is None or at.last < end - 1 or at.log_epoch <= epochs.get(partition, 0)):
            missing.append(f"partition {partition} to {end - 1}: {at}")
    return missing


def _not_written(log: LogContents, found: Mapping[int, WrittenOffset] | None) -> list[str]:
    """Return the partitions whose last written range does not end with the log's last record."""
    if found is None:
        return ["ClickHouse does not answer"]
    lasts: dict[int, int] = {}
    for partition, offset in log:
        lasts[partition] = max(offset, lasts.get(partition, -1))
    return [
        f"partition {partition} to {last}: {found.get(partition)}"
        for partition, last in lasts.items()
        if (at := found.get(partition)) is None or at.last != last or at.time != (log[partition, last].time or 0)
    ]
