"""Run a program in the foreground of this process: they end together, and SIGINT and SIGTERM reach both."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from types import FrameType

from deploy.embedded.addresses import wait_until

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int | None = None, number: signal.Signals = signal.SIGTERM) -> None:
    """Ask the kernel to end this process with its parent; call it in the child, before its program begins.

    End the child at once if the given parent has ended before this call.
    """
    _LIBC.prctl(_PR_SET_PDEATHSIG, number)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), number)


class SignalForwarder:
    """Forwards SIGINT and SIGTERM to a child, even if they arrive before it has started."""

    def __init__(self) -> None:
        self.received = False
        self._child: subprocess.Popen[bytes] | None = None
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._forward)

    def watch(self, child: "subprocess.Popen[bytes]") -> None:
        """Forward signals to a new child."""
        self._child = child
        if self.received:
            child.terminate()

    def _forward(self, number: int, frame: FrameType | None) -> None:
        self.received = True
        if self._child is not None:
            self._child.terminate()


def run_in_foreground(
    command: Sequence[str], is_ready: Callable[[], bool], ready_line: str, *, start_seconds: float
) -> int:
    """Start the program, print `ready_line` when it answers, wait for its end, and return its exit code."""
    parent, signals = os.getpid(), SignalForwarder()
    child = subprocess.Popen(command, preexec_fn=lambda: die_with_parent(parent))  # this process has no threads
    signals.watch(child)
    if wait_until(lambda: is_ready() or child.poll() is not None, start_seconds) and child.poll() is None:
        print(ready_line, flush=True)
    elif child.poll() is None:
        child.kill()
    code = child.wait()
    return 0 if signals.received else code or 1
