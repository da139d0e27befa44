"""The watchdog: it complains of a loop that hangs and of a partition that is not read, and of nothing else."""

import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from stream_processors.process.health import Heartbeat
from stream_processors.process.watchdog import EXIT_CODE, find_stall, warnings, watch
from tests.support.project.metadata import ROOT
from tests.support.worker.context import Clock

HANGING = """
import time
from stream_processors.process import watchdog
from stream_processors.process.health import Heartbeat
watchdog.watch(Heartbeat(), list, 0.05)
time.sleep(20)
"""


@dataclass(slots=True)
class Watched:
    """A partition as the watchdog sees it."""

    number: int
    starved_for: float
    waiting_seconds: float = 0
    blocked: str | None = None


@pytest.mark.parametrize(
    ("silence", "starved", "expected"),
    [
        pytest.param(0, [], None, id="all is well without partitions"),
        pytest.param(10, [10, 0], None, id="at the limit all is well"),
        pytest.param(11, [0], "the event loop has not turned for 11 s", id="the loop hangs"),
        pytest.param(0, [0, 12], "partition 1 has not been read for 12 s", id="a partition is not read"),
        pytest.param(11, [12], "the event loop has not turned for 11 s", id="the loop is named first"),
    ],
)
def test_what_does_not_get_on_is_named(silence: float, starved: list[float], expected: str | None) -> None:
    clock = Clock()
    heartbeat = Heartbeat(clock)
    clock.now += silence
    partitions = [Watched(number, seconds) for number, seconds in enumerate(starved)]
    assert find_stall(heartbeat, partitions, 10) == expected


def test_a_partition_that_waits_for_others_is_named_and_the_process_lives() -> None:
    partitions = [Watched(0, 0, 10), Watched(1, 0, 11), Watched(2, 0, 12, "ClickHouse refuses to insert (code 252)")]
    assert find_stall(Heartbeat(), partitions, 10) is None
    assert warnings(partitions, 10) == [
        "partition 1 has written nothing for 11 s: ClickHouse or Kafka does not answer",
        "partition 2 has written nothing for 12 s: ClickHouse refuses to insert (code 252)",
    ]


def test_a_limit_of_zero_watches_nothing() -> None:
    clock = Clock()
    heartbeat = Heartbeat(clock)
    clock.now += 1_000_000
    watch(heartbeat, list, 0)
    assert heartbeat.silence == 1_000_000


def test_a_worker_that_hangs_ends_with_its_stacks_shown() -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'producers'}"}
    ended = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, text=True, timeout=30, env=environment)
    assert ended.returncode == EXIT_CODE
    assert "the event loop has not turned" in ended.stderr
    assert "time.sleep" in ended.stderr or "most recent call first" in ended.stderr
