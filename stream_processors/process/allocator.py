"""Let the C library return freed memory to the system: a worker allocates and frees blocks of many MiB all the time.

By default glibc keeps freed memory once it has seen large sizes, in an arena per thread: 100 MiB and more. Other C
libraries have no such options and are not changed.
"""

import ctypes
from typing import Final

# Of glibc's malloc.h: M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX. Setting the second stops it from growing.
_OPTIONS: Final = {-1: 1024**2, -3: 1024**2, -8: 2}


def tune_malloc() -> None:
    """Return blocks of 1 MiB and more to the system when they are freed, and let threads share two arenas."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in _OPTIONS.items():
            mallopt(option, value)
