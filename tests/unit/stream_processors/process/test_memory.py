"""The cyclic collector: it looks between flushes, not while one is being worked on."""

import gc

import pytest

from stream_processors.process.memory import gc_paused


def test_nothing_is_collected_while_any_flush_is_worked_on() -> None:
    with gc_paused():
        with gc_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_flush_that_fails_lets_the_collector_look_again() -> None:
    with pytest.raises(ValueError, match="broken"), gc_paused():
        raise ValueError("broken")
    assert gc.isenabled()
