"""A program run in the foreground for its parent: it ends with its parent, and passes SIGINT and SIGTERM on."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType

from deploy.embedded.addresses import wait_until

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Asks the kernel to end this process when its parent ends, however that happens."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def run_in_foreground(
    command: Sequence[str],
    is_ready: Callable[[], bool],
    ready_line: str,
    *,
    start_seconds: float,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> int:
    """Starts the program, prints `ready_line` once it answers, waits for its end, and returns its exit code."""
    child = subprocess.Popen(
        command,
        env={**os.environ, **(environment or {})},
        cwd=directory,
        stdout=subprocess.DEVNULL if environment is None else None,
        preexec_fn=die_with_parent,  # no threads run here
    )
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
