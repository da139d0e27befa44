"""Lets the C library give freed memory back: a worker takes and frees blocks and fetches of many MiB all the time.

Left alone, glibc keeps what was freed once it has seen large sizes, in an arena for each thread: 100 MiB and more that
nobody uses. Other C libraries have no such options and are left as they are.
"""

import ctypes
from typing import Final

# Of glibc's malloc.h: M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX. Setting the second stops it from growing.
_OPTIONS: Final = {-1: 1024**2, -3: 1024**2, -8: 2}


def tune_malloc() -> None:
    """Let blocks from 1 MiB on go back to the system when they are freed, and threads share two arenas."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in _OPTIONS.items():
            mallopt(option, value)
