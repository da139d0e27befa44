"""`python -m deploy.embedded up` in a separate process, for the tests."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.addresses import wait_until
from deploy.embedded.settings import ROOT


@dataclass(frozen=True, slots=True)
class Supervisor:
    """A running supervisor."""

    process: "subprocess.Popen[bytes]"
    output: Path
    file: Path

    @property
    def data(self) -> Path:
        """Return the data directory."""
        return self.output.parent / "data"

    @property
    def printed(self) -> str:
        """Return its output."""
        return self.output.read_text()

    def settings(self) -> dict[str, str]:
        """Return the settings in the file that it wrote."""
        return dict(line.split("=", 1) for line in self.file.read_text().splitlines())

    def descendants(self) -> dict[int, str]:
        """Return all processes below it, with their command lines."""
        processes: dict[int, str] = {}
        waiting = [self.process.pid]
        while waiting:
            children = Path(f"/proc/{waiting[0]}/task/{waiting.pop(0)}/children").read_text().split()
            for child in map(int, children):
                processes[child] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                waiting.append(child)
        return processes


@contextmanager
def running_supervisor(directory: Path, *options: str) -> Iterator[Supervisor]:
    """Run a supervisor until its stack answers, and stop it at the end."""
    up = _start(directory, options)
    try:
        assert wait_until(lambda: up.file.exists() or up.process.poll() is not None, 90)
        assert up.process.poll() is None, up.printed
        yield up
    finally:
        up.process.send_signal(signal.SIGTERM)
        up.process.wait(60)


def _start(directory: Path, options: tuple[str, ...]) -> Supervisor:
    file, output = directory / "stack.env", directory / "output"
    where = ["--data-directory", str(directory / "data"), "--stack-file", str(file)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONVOSTREAM_")}
    with output.open("wb") as out:
        command = [sys.executable, "-m", "deploy.embedded", "up", *options, *where]
        return Supervisor(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out), output, file)


def is_running(pid: int) -> bool:
    """Return whether a process with this id runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
