"""The second line of defence: Landlock (Linux 5.13 and later) confines the engine's process to its own data.

Whatever a statement makes the engine do, the process can only read libraries and its own data, and write its own data.
It runs no program, opens no connection and sends no signal. An older kernel enforces only the rights that it knows.
"""

import os
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from landlockpy import AccessFS, AccessNet, LandlockError, Ruleset, Scope, abi_version

from deploy.embedded.settings import ROOT

_READ = AccessFS.READ_FILE | AccessFS.READ_DIR
_WRITE = (
    _READ
    | AccessFS.WRITE_FILE
    | AccessFS.TRUNCATE
    | AccessFS.REMOVE_FILE
    | AccessFS.REMOVE_DIR
    | AccessFS.MAKE_REG
    | AccessFS.MAKE_DIR
    | AccessFS.MAKE_SYM
    | AccessFS.REFER
)
_FILE = AccessFS.READ_FILE | AccessFS.WRITE_FILE | AccessFS.TRUNCATE
_NETWORK_ABI = 4
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/localtime")
# The process itself, and what the engine reads about the machine: memory, processors, control groups.
_MACHINE = (
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/uptime", "/proc/loadavg", "/proc/vmstat"),
    *("/sys/devices/system/cpu", "/sys/fs/cgroup", "/dev/urandom", "/dev/random", "/dev/zero"),
)


def missing_confinement() -> str | None:
    """Return what this system's kernel cannot enforce, or None if it enforces everything."""
    abi = _abi()
    if abi == 0:
        return (
            "The kernel offers no Landlock: nothing but the checks of each statement keeps ClickHouse's engine "
            "from the files of this machine. Do not give the reader's password to people you do not trust."
        )
    if abi < _NETWORK_ABI:
        return "The kernel's Landlock is too old to keep ClickHouse's engine from the network; files are protected."
    return None


def confine(writable: Iterable[Path], port: int) -> None:
    """Confine this process and its children for good. Call it before the process has a second thread.

    Raise LandlockError if the kernel has Landlock and refuses. Do nothing without Landlock.
    """
    if _abi() == 0:
        return
    if len(os.listdir("/proc/self/task")) != 1:
        raise LandlockError("confine() was called too late: the process has more than one thread")
    with Ruleset(scoped=Scope.ABSTRACT_UNIX_SOCKET | Scope.SIGNAL) as rules:
        for path in _readable():
            rules.allow_path(path, _READ if path.is_dir() else AccessFS.READ_FILE)
        for path in writable:
            rules.allow_path(path, _WRITE)
        rules.allow_path("/dev/null", _FILE)
        rules.allow_port(port, AccessNet.BIND_TCP)
        rules.restrict()


def _abi() -> int:
    """Return the version of Landlock, or 0 without it, and where a container forbids the question."""
    try:
        return abi_version()
    except LandlockError:
        return 0


def _readable() -> list[Path]:
    python = (
        sys.prefix,
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("platstdlib"),
        sysconfig.get_config_var("LIBDIR"),
    )
    paths = (*python, *_LIBRARIES, *_MACHINE, ROOT / "deploy")
    return [path for path in (Path(str(name)) for name in paths if name) if path.exists()]
