"""A child process from its start to its end, with small programs as children."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from deploy.embedded.addresses import wait_until
from deploy.embedded.errors import ProcessFailed
from deploy.embedded.stack.processes import Process

READY = (
    "import sys, time; print('ready http://127.0.0.1:' + (sys.argv[1] if sys.argv[1] != '0' else '4321'), flush=True);"
)
WAITS = READY + "time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + WAITS
WITH_A_CHILD = (
    "import subprocess; child = subprocess.Popen(['sleep', '60']); print('child', child.pid, flush=True);" + WAITS
)


class Started:
    """Creates processes, and ends all of them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._made: list[Process] = []

    def process(self, program: str, *, port: int = 0) -> Process:
        def command(chosen: int) -> Sequence[str]:
            return [sys.executable, "-c", program, str(chosen)]

        made = Process("part", command, self._directory / "part.log", {"PART": "yes"}, port=port)
        self._made.append(made)
        return made

    def end(self) -> None:
        for process in self._made:
            process.kill()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    made = Started(tmp_path / "logs")
    yield made
    made.end()


def test_it_is_ready_once_it_prints_so(started: Started) -> None:
    part = started.process(WAITS)
    part.start()
    part.wait_until_ready(20)
    assert (part.address, part.port) == ("http://127.0.0.1:4321", 4321)
    assert part.pid is not None
    assert part.exit_code is None


def test_it_restarts_on_its_first_port(started: Started) -> None:
    part = started.process("import sys; print('asked for', sys.argv[1]);" + WAITS)
    for asked in ("0", "4321"):
        part.start()
        part.wait_until_ready(20)
        assert part.last_lines()[0] == f"asked for {asked}"
        part.stop()
    assert part.log.read_text().count("ready") == 2


def test_a_process_that_ends_before_it_is_ready_shows_its_last_lines(started: Started) -> None:
    part = started.process("import sys; print('\\x1b[31mno\\x1b[0m memory'); sys.exit(3)")
    part.start()
    with pytest.raises(ProcessFailed, match="part ended with code 3:\nno memory"):
        part.wait_until_ready(20)


def test_a_process_that_is_never_ready_is_killed(started: Started) -> None:
    part = started.process("import time; time.sleep(60)")
    part.start()
    with pytest.raises(ProcessFailed, match="part did not answer in 0 s"):
        part.wait_until_ready(0.3)
    assert part.exit_code == -signal.SIGKILL


def test_a_stop_terminates_first_and_then_kills(started: Started) -> None:
    polite, stubborn = started.process(WAITS), started.process(STUBBORN)
    for part in (polite, stubborn):
        part.start()
        part.wait_until_ready(20)
        part.stop(0.5)
    assert (polite.exit_code, stubborn.exit_code) == (-signal.SIGTERM, -signal.SIGKILL)


def test_a_paused_process_can_be_stopped(started: Started) -> None:
    part = started.process(WAITS)
    part.start()
    part.wait_until_ready(20)
    part.pause()
    part.stop(5)
    assert part.exit_code == -signal.SIGTERM


def test_children_of_a_killed_process_are_killed_too(started: Started) -> None:
    part = started.process(WITH_A_CHILD)
    part.start()
    part.wait_until_ready(20)
    child = int(part.last_lines()[0].removeprefix("child "))
    part.kill()
    assert wait_until(lambda: not Path(f"/proc/{child}").exists() or _is_zombie(child), 5)


def test_it_has_its_settings(started: Started) -> None:
    part = started.process("import os; print(os.environ['PART'], os.getpgid(0) == os.getpid());" + WAITS)
    part.start()
    part.wait_until_ready(20)
    assert part.last_lines()[0] == "yes True"
    assert os.getpgid(part.pid or 0) == part.pid


def test_a_process_that_was_never_started_can_be_stopped(started: Started) -> None:
    part = started.process(WAITS)
    part.stop()
    assert (part.pid, part.exit_code) == (None, None)


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
