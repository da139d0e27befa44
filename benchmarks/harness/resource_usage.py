"""The CPU time and resident memory of process groups and of the whole machine, ten times a second.

The usage between two moments is interpolated between the readings around them. A server and the program that it wraps
are one group. The machine is read too, because the work of other processes disturbs a measurement.
"""

import os
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import psutil

INTERVAL_SECONDS: Final = 0.1
READINGS_BETWEEN_SEARCHES: Final = 3

# The role of everything that runs, and of what the host takes from this machine.
MACHINE: Final = "machine"

# The process groups of each role, by the ids of their leaders.
Groups = Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Reading:
    """The usage of a role at a moment: CPU seconds since its processes started, and resident memory."""

    at: float
    cpu_seconds: float
    resident_bytes: int


class ResourceUsage:
    """The resource usage of roles while the context is open; `groups` returns the process groups of each role."""

    def __init__(self, groups: Callable[[], Groups]) -> None:
        self._groups = groups
        self._readings: dict[str, list[Reading]] = {}
        self._members: Mapping[str, Sequence[psutil.Process]] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read_on, name="usage", daemon=True)
        self._cpu: dict[str, dict[int, float]] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def cpu_seconds(self, role: str, begin: float, end: float) -> float:
        """Return the CPU seconds that a role used between two moments."""
        readings = self._readings.get(role, [])
        return cpu_at(readings, end) - cpu_at(readings, begin)

    def peak_bytes(self, role: str, begin: float, end: float) -> int:
        """Return the most memory that a role had between two moments."""
        readings = self._readings.get(role, [])
        return max((reading.resident_bytes for reading in readings if begin <= reading.at <= end), default=0)

    def _read_on(self) -> None:
        number = 0
        while not self._ended.wait(INTERVAL_SECONDS):
            if number % READINGS_BETWEEN_SEARCHES == 0:
                self._members = {role: list(members_of(set(leaders))) for role, leaders in self._groups().items()}
            for role, members in self._members.items():
                self._readings.setdefault(role, []).append(self._read(role, members))
            self._readings.setdefault(MACHINE, []).append(Reading(time.time(), machine_cpu_seconds(), 0))
            number += 1

    def _read(self, role: str, members: Sequence[psutil.Process]) -> Reading:
        """Read a role's processes; the CPU time of one that has ended stays in the sum."""
        cpu, resident = self._cpu.setdefault(role, {}), 0
        for member in members:
            with suppress(psutil.NoSuchProcess), member.oneshot():
                times = member.cpu_times()
                cpu[member.pid] = times.user + times.system
                resident += member.memory_info().rss
        return Reading(time.time(), sum(cpu.values()), resident)


def cpu_at(readings: Sequence[Reading], at: float) -> float:
    """Return the CPU seconds at a moment, on the straight line between the readings around it."""
    place = bisect_left(readings, at, key=lambda reading: reading.at)
    if place == 0:
        return readings[0].cpu_seconds if readings else 0.0
    before, after = readings[place - 1], readings[min(place, len(readings) - 1)]
    if after.at == before.at:
        return before.cpu_seconds
    share = (at - before.at) / (after.at - before.at)
    return before.cpu_seconds + share * (after.cpu_seconds - before.cpu_seconds)


def machine_cpu_seconds() -> float:
    """Return the busy seconds of all processors since the machine started, with what the host took from them."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq + times.steal)


def members_of(leaders: set[int]) -> Iterator[psutil.Process]:
    """Yield the processes of some process groups."""
    for process in psutil.process_iter():
        with suppress(ProcessLookupError):
            if os.getpgid(process.pid) in leaders:
                yield process
