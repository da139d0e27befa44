"""Keeps Python's cyclic collector away from the work on a flush: it would cost a fifth to a half of the speed.

A flush makes many objects that stay until it has landed, and hardly a cycle among them. The collector would walk
through them over and over; so it looks between flushes.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_flushes = 0


def tune_gc() -> None:
    """Let the collector look rarely, and never at what is there from the start."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 1_000)


@contextmanager
def gc_paused() -> Iterator[None]:
    """Let nothing be collected while at least one flush is being worked on."""
    global _flushes  # there is one collector in a process
    _flushes += 1
    gc.disable()
    try:
        yield
    finally:
        _flushes -= 1
        if not _flushes:
            gc.enable()
