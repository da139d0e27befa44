"""Costs are read from the processes themselves and read off between two readings."""

import os
import subprocess
import sys
import time

import pytest

from benchmarks.harness.resource_usage import MACHINE, Footprints, Reading, cpu_at, members_of, stat
from deploy.embedded.addresses import wait_until

READINGS = [Reading(10, 1.0, 0), Reading(11, 3.0, 0), Reading(12, 3.0, 0)]


@pytest.mark.parametrize(
    ("at", "cpu"),
    [
        pytest.param(10.5, 2.0, id="between two readings it lies between them"),
        pytest.param(11, 3.0, id="at a reading it is that reading"),
        pytest.param(9, 1.0, id="before the first it is the first"),
        pytest.param(20, 3.0, id="after the last it is the last"),
    ],
)
def test_processor_time_at_a_moment(at: float, cpu: float) -> None:
    assert cpu_at(READINGS, at) == cpu


def test_who_was_never_read_cost_nothing() -> None:
    assert cpu_at([], 10) == 0


def test_a_process_that_works_costs_what_it_works_and_one_that_has_ended_still_counts() -> None:
    work = "import time\nwhile time.process_time() < 1: pass\ninput()"
    with subprocess.Popen([sys.executable, "-c", work], stdin=subprocess.PIPE, start_new_session=True) as worker:
        begun = time.time()
        with Footprints(lambda: {"worker": [worker.pid]}) as footprints:
            assert wait_until(lambda: footprints.cpu_seconds("worker", 0, time.time()) > 0.5, 20)
            worker.communicate(b"\n")
            time.sleep(0.3)
        ended = time.time()
    assert footprints.cpu_seconds("worker", begun, ended) <= 1.3
    assert footprints.peak_bytes("worker", begun, ended) > 1_000_000
    assert footprints.cpu_seconds(MACHINE, begun, ended) > 0.3


def test_the_children_of_a_leader_are_members_of_its_group() -> None:
    script = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, start_new_session=True) as leader:
        assert wait_until(lambda: len(list(members_of({leader.pid}))) == 2, 20)
        leader.communicate(b"\n")


def test_a_process_that_is_gone_has_no_fields() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    assert stat(gone.pid) == []
    assert stat(os.getpid())
