"""One child process of the stack: start, readiness, end, and output.

A child has its own process group, so that Ctrl-C in the terminal reaches the supervisor only. The kernel ends it with
its parent. After a child ends for any reason, the rest of its group is killed.
"""

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.embedded.addresses import wait_until
from deploy.embedded.errors import ProcessFailed
from deploy.embedded.foreground import die_with_parent
from deploy.embedded.private import UMASK
from deploy.embedded.settings import ROOT

_READY = re.compile(r"^ready (\S+)$", re.MULTILINE)
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f]")
_TAIL_BYTES = 16_384


class Process:
    """A program that can be started, stopped, killed, paused and started again, always on the same port."""

    def __init__(
        self,
        name: str,
        command: Callable[[int], Sequence[str]],
        log: Path,
        environment: Mapping[str, str],
        *,
        port: int = 0,
        is_ready: Callable[["Process"], bool] | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self.port = port
        self._command = command
        self._environment = environment
        self._is_ready = is_ready or Process._has_printed_ready
        self._child: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """Return the process id while it runs."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """Return the exit code if it has been started and has ended."""
        return None if self._child is None else self._child.poll()

    @property
    def address(self) -> str:
        """Return the address that it printed after `ready`."""
        match = _READY.search(self._output())
        if match is None:
            raise ProcessFailed(f"{self.name} has not printed its address")
        return match.group(1)

    def start(self) -> None:
        """Start it without waiting; append its output to its log."""
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as log:
            self._log_start = log.seek(0, os.SEEK_END)
            parent = os.getpid()
            self._child = subprocess.Popen(
                self._command(self.port),
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'producers'}", **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=UMASK,
                preexec_fn=lambda: die_with_parent(parent),  # async-signal-safe: two system calls
            )

    def wait_until_ready(self, seconds: float) -> None:
        """Wait until it answers; raise ProcessFailed with its last lines if it ends or takes too long."""
        wait_until(lambda: self.pid is None or self._is_ready(self), seconds)
        if self.pid is None or not self._is_ready(self):
            ended = f"ended with code {self.exit_code}" if self.pid is None else f"did not answer in {seconds:.0f} s"
            self.kill()
            raise ProcessFailed(f"{self.name} {ended}:\n" + "\n".join(self.last_lines()))
        if match := _READY.search(self._output()):
            self.port = int(match.group(1).rpartition(":")[2])

    def ask_to_stop(self) -> None:
        """Ask it to end, without waiting."""
        if self._child is not None and self._child.poll() is None:
            self._signal_group(signal.SIGCONT)
            self._child.terminate()

    def stop(self, seconds: float = 20) -> None:
        """Ask it to end, and kill it if it does not."""
        if self._child is not None:
            self.ask_to_stop()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(seconds)
            self.kill()

    def kill(self) -> None:
        """Kill it and everything in its process group."""
        if self._child is not None:
            self._signal_group(signal.SIGKILL)
            self._child.wait()

    def pause(self) -> None:
        """Suspend it and its group (SIGSTOP)."""
        self._signal_group(signal.SIGSTOP)

    def resume(self) -> None:
        """Resume it and its group."""
        self._signal_group(signal.SIGCONT)

    def last_lines(self, count: int = 15) -> list[str]:
        """Return the last lines that it has printed since its last start."""
        return _CONTROL.sub("", self._output()).splitlines()[-count:]

    def _signal_group(self, number: signal.Signals) -> None:
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, number)

    def _output(self) -> str:
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            head = log.read(_TAIL_BYTES)
            log.seek(max(self._log_start + len(head), log.seek(0, os.SEEK_END) - _TAIL_BYTES))
            return (head + log.read()).decode(errors="replace")

    def _has_printed_ready(self) -> bool:
        return _READY.search(self._output()) is not None
