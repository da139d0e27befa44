"""Spools of the tests: numbered records, a running spool, and what a directory holds."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from convostream.settings import Settings
from convostream.transport.interface import OutgoingRecord
from convostream.transport.spool import Spool
from convostream.transport.spool.background import ADOPT_SECONDS
from convostream.transport.spool.frames import decode
from tests.support.sdk.agent_processes import UNREACHABLE_BROKER, AgentProcess


def record(number: int, size: int = 0) -> OutgoingRecord:
    """Return a record with this number in one of three conversations."""
    return OutgoingRecord(b"shop/c-%d" % (number % 3), b"%d" % number + b" " * size)


def numbers(records: list[OutgoingRecord]) -> list[int]:
    """Return the numbers of these records."""
    return [int(each.value) for each in records]


@contextmanager
def spool(
    directory: Path,
    *,
    clock: Callable[[], float] = time.monotonic,
    adopt_seconds: float = ADOPT_SECONDS,
    **settings: object,
) -> Iterator[Spool]:
    """Run a spool that has adopted orphaned directories; release it at the end."""
    given = Settings.model_validate({"spool_fsync": "never", **settings})
    running = Spool(given, directory, clock=clock, adopt_seconds=adopt_seconds)
    running.claim()
    looked = threading.Event()
    running.begin(looked.set)
    assert looked.wait(10)
    try:
        yield running
    finally:
        running.close()
        running.release()


def take_all(running: Spool, most_bytes: int = 2**20) -> list[OutgoingRecord]:
    """Take and settle everything."""
    found: list[OutgoingRecord] = []
    while records := running.take(most_bytes):
        found += records
        running.settle(records)
    return found


def recover_all(directory: Path) -> list[OutgoingRecord]:
    """Return what the next process recovers, and leave nothing."""
    with spool(directory) as running:
        return take_all(running)


def files(directory: Path) -> list[Path]:
    """Return the segments in a spool directory, oldest first."""
    return sorted(path for path in directory.glob("*/*") if path.name != "lock")


def records_on_disk(directory: Path) -> list[OutgoingRecord]:
    """Return the records of a spool directory without claiming it."""
    return [each for path in files(directory) for each in decode(path.read_bytes(), complete=True).records]


def size(directory: Path) -> int:
    """Return the size of all segments in bytes."""
    return sum(path.stat().st_size for path in files(directory))


def start(program: str, directory: Path, **variables: str) -> AgentProcess:
    """Start a program of an agent that reaches no broker."""
    return AgentProcess(program, UNREACHABLE_BROKER, directory, stderr=subprocess.PIPE, **variables)


def contents(records: list[OutgoingRecord]) -> list[str]:
    """Return the contents of the messages."""
    return [str(json.loads(each.value)["content"]) for each in records]
