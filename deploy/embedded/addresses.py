"""Ports on this machine: a free one, and whether somebody answers at one."""

import socket
import time
from collections.abc import Callable


def free_port(wished: int = 0) -> int:
    """A port that nobody listens on now: the wished one unless it is taken."""
    if wished and not answers("127.0.0.1", wished):
        return wished
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(host: str, port: int) -> bool:
    """Whether a connection to this port is accepted."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(pause)
    return False
