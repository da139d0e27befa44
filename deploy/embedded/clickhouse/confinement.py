"""The second wall: the kernel keeps the engine's process to its own data (Landlock, Linux 5.13 and later).

Whatever a statement makes the engine do, the process reads libraries and its own data, writes its own data, runs no
program, connects to nobody, and signals nobody. Rights that an older kernel does not know are left out one by one.
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
# Its own process, and what the engine measures of the machine: memory, processors, control groups.
_MACHINE = (
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/uptime", "/proc/loadavg", "/proc/vmstat"),
    *("/sys/devices/system/cpu", "/sys/fs/cgroup", "/dev/urandom", "/dev/random", "/dev/zero"),
)


def missing_confinement() -> str | None:
    """Say what this system's kernel cannot confine, or None when all of it is confined."""
    abi = _abi()
    if abi == 0:
        return (
            "The kernel offers no Landlock: nothing but the checks of each statement keeps ClickHouse's engine "
            "from the files of this machine. Do not give the reader's password to people whom you do not trust."
        )
    if abi < _NETWORK_ABI:
        return "The kernel's Landlock is too old to keep ClickHouse's engine from the network; files are protected."
    return None


def confine(writable: Iterable[Path], port: int) -> None:
    """Confine this process and what it starts, for good; to be called before it has a second thread.

    Raises LandlockError where the kernel has Landlock and refuses; does nothing where it has none.
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
    """The version of Landlock, 0 without it: also where a container forbids to ask."""
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
