"""The usage of processes is read while they run, and interpolated between two readings."""

import subprocess
import sys
import time

import pytest

from benchmarks.harness.resource_usage import MACHINE, Reading, ResourceUsage, cpu_at, members_of
from deploy.embedded.addresses import wait_until

READINGS = [Reading(10, 1.0, 0), Reading(11, 3.0, 0), Reading(12, 3.0, 0)]


@pytest.mark.parametrize(
    ("at", "cpu"),
    [
        pytest.param(10.5, 2.0, id="between two readings"),
        pytest.param(11, 3.0, id="at a reading"),
        pytest.param(9, 1.0, id="before the first"),
        pytest.param(20, 3.0, id="after the last"),
    ],
)
def test_processor_time_at_a_moment(at: float, cpu: float) -> None:
    assert cpu_at(READINGS, at) == cpu


def test_a_role_without_readings_used_nothing() -> None:
    assert cpu_at([], 10) == 0


def test_the_cpu_time_of_a_process_counts_even_after_it_has_ended() -> None:
    work = "import time\nwhile time.process_time() < 1: pass\ninput()"
    with subprocess.Popen([sys.executable, "-c", work], stdin=subprocess.PIPE, start_new_session=True) as worker:
        begun = time.time()
        with ResourceUsage(lambda: {"worker": [worker.pid]}) as usage:
            assert wait_until(lambda: usage.cpu_seconds("worker", 0, time.time()) > 0.5, 20)
            worker.communicate(b"\n")
            time.sleep(0.3)
        ended = time.time()
    assert usage.cpu_seconds("worker", begun, ended) <= 1.3
    assert usage.peak_bytes("worker", begun, ended) > 1_000_000
    assert usage.cpu_seconds(MACHINE, begun, ended) > 0.3


def test_the_children_of_a_leader_are_members_of_its_group() -> None:
    script = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, start_new_session=True) as leader:
        assert wait_until(lambda: len(list(members_of({leader.pid}))) == 2, 20)
        leader.communicate(b"\n")
