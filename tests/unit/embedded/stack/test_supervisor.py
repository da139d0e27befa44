"""The supervisor restarts a healthy process at once, and waits longer each time for one that keeps dying."""

import io
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from deploy.embedded.addresses import wait_until
from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.stack import Stack
from deploy.embedded.stack.supervisor import Supervisor

READY = "import time; print('ready http://127.0.0.1:4321', flush=True); time.sleep(60)"
SILENT = "import time; time.sleep(60)"
BROKEN = "import sys; print('no memory'); sys.exit(3)"


class Site:
    """A stack with small programs as workers, and a stopped clock."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.stack = Stack(StackSettings(data_directory=directory))
        self.now = 1000.0
        self.output = io.StringIO()
        self.supervisor = Supervisor(self.stack, Console(file=self.output, width=200), clock=lambda: self.now)

    def add(self, name: str, program: str) -> Process:
        process = Process(name, lambda _: [sys.executable, "-c", program], self.directory / f"{name}.log", {})
        self.stack.workers.append(process)
        process.start()
        return process

    def says(self, text: str) -> bool:
        """Poll until this was printed."""

        def look() -> bool:
            self.supervisor.poll()
            return text in self.output.getvalue()

        return wait_until(look, 20)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.stack.stop()


def test_a_process_that_keeps_dying_waits_longer_each_time(site: Site) -> None:
    site.add("broken", BROKEN)
    assert site.says("broken ended with code 3; it restarts at once\nbroken | no memory")
    for pause in (0.5, 1, 2, 5):
        assert site.says(
            f"broken does not start; the next attempt is in {pause} s\nbroken ended with code 3:\nno memory"
        )
        before = site.output.getvalue()
        site.now += pause - 0.1
        site.supervisor.poll()
        time.sleep(0.1)
        site.supervisor.poll()
        assert site.output.getvalue() == before
        site.now += 0.1


def test_a_process_that_has_answered_for_a_while_restarts_at_once(site: Site) -> None:
    process = site.add("part", READY)
    for _ in range(3):
        process.kill()
        assert site.says("part ended with code -9; it restarts at once")
        assert site.says("part runs again")
        site.output.truncate(0)
        site.now += 10
    assert process.pid is not None


def test_no_process_waits_for_another_one(site: Site) -> None:
    silent, ready = site.add("silent", SILENT), site.add("ready", READY)
    silent.kill()
    ready.kill()
    assert site.says("ready runs again")
    assert silent.pid is not None
    assert "silent runs again" not in site.output.getvalue()
