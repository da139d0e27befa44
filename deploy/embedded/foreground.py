"""A program run in the foreground for its parent: it ends with its parent, and passes SIGINT and SIGTERM on."""

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
    """Asks the kernel to end this process with its parent; to be called in the child, before its program begins.

    A parent that is given and has ended before this call ends the child at once.
    """
    _LIBC.prctl(_PR_SET_PDEATHSIG, number)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), number)


def run_in_foreground(
    command: Sequence[str], is_ready: Callable[[], bool], ready_line: str, *, start_seconds: float
) -> int:
    """Starts the program, prints `ready_line` once it answers, waits for its end, and returns its exit code."""
    parent = os.getpid()
    child = subprocess.Popen(command, preexec_fn=lambda: die_with_parent(parent))  # no threads run here
    asked = _pass_signals_on(child)
    if wait_until(lambda: is_ready() or child.poll() is not None, start_seconds) and child.poll() is None:
        print(ready_line, flush=True)
    elif child.poll() is None:
        child.kill()
    code = child.wait()
    return 0 if asked else code or 1


def _pass_signals_on(child: "subprocess.Popen[bytes]") -> list[int]:
    asked: list[int] = []

    def pass_on(number: int, _: FrameType | None) -> None:
        asked.append(number)
        child.terminate()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, pass_on)
    return asked
