"""Real processes of the product, started from the root of the project, with their output kept in files."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from deploy.embedded.foreground import die_with_parent

ROOT = Path(__file__).parents[2]
STOP_SECONDS = 20


class ProcessFailedError(AssertionError):
    """A process did not start, or ended by itself."""


class Process:
    """One process; what it says goes to `<name>.log` in the directory."""

    def __init__(self, name: str, arguments: list[str], settings: Mapping[str, str], directory: Path) -> None:
        self.name = name
        self.log = directory / f"{name}.log"
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-u", "-m", *arguments],
                cwd=ROOT,
                env=environment(settings),
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def ready_address(self, seconds: float) -> str:
        """What follows `ready` on the line that it prints once it answers."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.is_running:
            for line in self.log.read_text(errors="replace").splitlines():
                if line.startswith("ready "):
                    return line.removeprefix("ready ").strip()
            time.sleep(0.05)
        raise ProcessFailedError(f"{self.name} is not ready after {seconds} s:\n{self.tail()}")

    def tail(self, lines: int = 40) -> str:
        """The last lines that it wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def signal(self, number: signal.Signals) -> None:
        """Sends it a signal."""
        self._process.send_signal(number)

    def stop(self) -> int:
        """Asks it to end, waits, kills it if it does not; returns its exit code."""
        if self.is_running:
            self._process.terminate()
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with exactly these settings of the product."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("CONVOSTREAM_")}
    return outside | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'producers'}"} | dict(settings)


def run(arguments: list[str], settings: Mapping[str, str]) -> str:
    """Runs a command of the product to its end and returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        raise ProcessFailedError(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout
