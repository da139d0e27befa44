"""Lag: the age of what landed last, and the time that records have waited since."""

from stream_processors.partitions.starvation import Lag
from tests.support.worker.context import Clock


def test_the_lag_grows_while_records_wait_and_none_lands() -> None:
    clock = Clock()
    lag = Lag(clock)
    lag.mark_written(10, age_seconds=2)
    clock.now += 3_600
    lag.update(is_waiting=False)
    assert (lag.seconds, lag.waiting_seconds, lag.written_below) == (2, 0, 10)
    for waited in (0, 30, 60):
        lag.update(is_waiting=True)
        assert (lag.seconds, lag.waiting_seconds) == (2 + waited, waited)
        clock.now += 30
    lag.mark_written(20, age_seconds=95)
    assert (lag.seconds, lag.waiting_seconds) == (95, 0)


def test_records_from_the_future_are_no_lag() -> None:
    lag = Lag(Clock())
    lag.mark_written(1, age_seconds=-200)
    assert lag.seconds == 0
