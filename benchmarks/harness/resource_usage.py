"""What processes cost: CPU seconds and resident memory of their process groups, read from Linux's /proc.

Readings are taken ten times a second by a thread of its own; a cost between two moments is read off between them. A
server and the program that it wraps are one group, so both count. The machine as a whole is read too: what it did
beyond the roles disturbed them.
"""

import os
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

INTERVAL_SECONDS: Final = 0.1
READINGS_BETWEEN_SEARCHES: Final = 3
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
# Places after the process's name in /proc/<pid>/stat (proc_pid_stat(5) counts from 1, and the name is its second).
_GROUP, _USER_TICKS, _SYSTEM_TICKS, _RESIDENT_PAGES = 2, 11, 12, 21

# The role of everything that runs, and of what the host takes from this machine.
MACHINE: Final = "machine"

_MACHINE_BUSY = (1, 2, 3, 6, 7, 8)  # user, nice, system, irq, softirq, steal in the first line of /proc/stat

# The process groups of each role, by the ids of their leaders.
Groups = Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a role had cost at a moment: CPU seconds since its processes began, and memory now."""

    at: float
    cpu_seconds: float
    resident_bytes: int


class Footprints:
    """The costs of some roles while it is entered; `groups` says anew whose they are."""

    def __init__(self, groups: Callable[[], Groups]) -> None:
        self._groups = groups
        self._readings: dict[str, list[Reading]] = {}
        self._members: Groups = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read_on, name="footprints", daemon=True)
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
        return max((each.resident_bytes for each in readings if begin <= each.at <= end), default=0)

    def _read_on(self) -> None:
        number = 0
        while not self._ended.wait(INTERVAL_SECONDS):
            if number % READINGS_BETWEEN_SEARCHES == 0:
                self._members = {role: list(members_of(set(leaders))) for role, leaders in self._groups().items()}
            for role, members in self._members.items():
                self._readings.setdefault(role, []).append(self._read(role, members))
            self._readings.setdefault(MACHINE, []).append(Reading(time.time(), machine_cpu_seconds(), 0))
            number += 1

    def _read(self, role: str, members: Sequence[int]) -> Reading:
        """Read a role's processes; what one of them had used stays in the sum when it ends."""
        cpu, resident = self._cpu.setdefault(role, {}), 0
        for member in members:
            if fields := stat(member):
                cpu[member] = (int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS])) / _TICKS
                resident += int(fields[_RESIDENT_PAGES]) * _PAGE_BYTES
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
    """Return for how long the processors have been busy since the machine started, added up."""
    fields = Path("/proc/stat").read_text().partition("\n")[0].split()
    return sum(int(fields[place]) for place in _MACHINE_BUSY) / _TICKS


def members_of(leaders: set[int]) -> Iterator[int]:
    """Yield the processes of some process groups."""
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := stat(int(name))) and int(fields[_GROUP]) in leaders:
            yield int(name)


def stat(process: int) -> list[str]:
    """Return the fields of /proc/<pid>/stat after the name, none when the process has ended."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()
