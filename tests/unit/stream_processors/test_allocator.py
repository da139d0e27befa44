"""Freed memory goes back to the system."""

import platform
import subprocess
import sys

import pytest

from tests.unit.packaging.project import ROOT

SCRIPT = """
from pathlib import Path
from stream_processors.allocator import give_freed_memory_back
give_freed_memory_back()
resident = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4096
before = resident()
for mebibytes in (24, 12, 8):
    kept = [bytes(bytearray(mebibytes * 2**20)) if number % 2 else b"x" * 2**20 for number in range(8)]
    kept = kept[-1:]
del kept
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has the options")
def test_nothing_stays_of_large_blocks_that_were_freed() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 4 * 2**20
