"""`python -m deploy.embedded clickhouse`: own the data directory, and run the engine in a process with few secrets.

The engine's process receives salted password hashes over a pipe and an environment without secrets, and confines itself
(`confinement.py`). This process holds the lock, knows the passwords, runs no SQL, and restarts the engine after the
disk was full.
"""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from deploy.embedded.addresses import free_port
from deploy.embedded.clickhouse.access.passwords import PasswordHash, passwords
from deploy.embedded.clickhouse.confinement import missing_confinement
from deploy.embedded.clickhouse.ownership import Ownership
from deploy.embedded.errors import EngineEnded
from deploy.embedded.foreground import SignalForwarder, die_with_parent
from deploy.embedded.settings import ROOT, FrontSettings

# Exit code of an engine that must restart and check its parts.
RESTART = 75

_logger = logging.getLogger(__name__)
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "MALLOC_ARENA_MAX")


def serve(host: str, port: int, directory: Path) -> None:
    """Run the engine until SIGINT or SIGTERM; raise EngineEnded when it ends by itself."""
    if problem := missing_confinement():
        _logger.warning("%s", problem)
    port = port or free_port()
    with Ownership(directory) as ownership:
        if ownership.was_unclean:
            _logger.warning("the engine was not stopped cleanly the last time: %s", directory)
        hashes = {user: asdict(PasswordHash.of(password)) for user, password in passwords(directory).items()}
        task = {
            "host": host,
            "port": port,
            "directory": str(directory),
            "users": hashes,
            "front": FrontSettings().model_dump(),
        }
        signals = SignalForwarder()
        while (code := _run(task, signals, directory, ownership.fileno())) == RESTART:
            continue
        if code:
            raise EngineEnded(f"the engine ended with code {code}")


def _run(task: Mapping[str, object], signals: SignalForwarder, directory: Path, lock: int) -> int:
    temporary = directory / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    for path in (temporary, directory / "clickhouse", directory / "backups"):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    parent = os.getpid()
    engine = subprocess.Popen(
        [sys.executable, "-m", "deploy.embedded.clickhouse.server"],
        cwd=temporary,
        env=_environment(temporary),
        stdin=subprocess.PIPE,
        pass_fds=[lock],  # so that no other engine starts before this one has ended
        preexec_fn=lambda: die_with_parent(parent, signal.SIGKILL),  # no threads run here
    )
    signals.watch(engine)
    assert engine.stdin is not None  # noqa: S101  (a pipe was asked for)
    with engine.stdin as pipe:
        pipe.write(json.dumps(task).encode())
    return engine.wait()


def _environment(temporary: Path) -> dict[str, str]:
    """Return the variables that the engine needs; all others could be secrets."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    paths = {"PYTHONPATH": str(ROOT), "HOME": str(temporary), "TMPDIR": str(temporary)}
    return {**kept, **paths, "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1"}
