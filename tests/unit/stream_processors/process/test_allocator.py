"""Freed memory goes back to the system: left alone, glibc would keep 65 MiB of what the script below frees."""

import platform
import subprocess
import sys

import pytest

from tests.support.project.metadata import ROOT

SCRIPT = """
from pathlib import Path
from stream_processors.process.allocator import tune_malloc
tune_malloc()
resident = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4096
before = resident()
del (first := [b"x" * (24 * 2**20)])[0]
made = [b"x" * (8 * 2**20 if number % 2 else 200_000) for number in range(16)]
small = made[::2]
del made
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has the options")
def test_large_blocks_that_were_freed_go_back_although_small_ones_between_them_stay() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 4 * 2**20
