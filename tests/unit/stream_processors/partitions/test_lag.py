"""Lag: the age of what landed last, and the time that records have waited since."""

from stream_processors.partitions.lag import Lag
from tests.support.worker.context import Clock


def test_the_lag_grows_while_records_wait_and_none_lands() -> None:
    clock = Clock()
    lag = Lag(clock)
    lag.land(10, age_seconds=2)
    clock.now += 3_600
    lag.look(is_waiting=False)
    assert (lag.seconds, lag.waiting_seconds, lag.landed_below) == (2, 0, 10)
    for waited in (0, 30, 60):
        lag.look(is_waiting=True)
        assert (lag.seconds, lag.waiting_seconds) == (2 + waited, waited)
        clock.now += 30
    lag.land(20, age_seconds=95)
    assert (lag.seconds, lag.waiting_seconds) == (95, 0)


def test_records_from_the_future_are_no_lag() -> None:
    lag = Lag(Clock())
    lag.land(1, age_seconds=-200)
    assert lag.seconds == 0
