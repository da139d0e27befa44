"""The duration rule of tool_usage: as measured, else end minus start, else unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convostream.contract.date_times import parse_date_time
from stream_processors.enrichment.durations import EARLIEST_MS, LATEST_MS, Duration, call_duration_ms

numbers = st.none() | st.floats() | st.integers()
times = st.none() | st.integers(EARLIEST_MS - 2, LATEST_MS + 2) | st.integers()


@pytest.mark.parametrize(
    ("duration_ms", "started_at", "ended_at", "duration"),
    [
        pytest.param(250, None, None, 250.0, id="it was measured"),
        pytest.param(12.5, None, None, 12.5, id="a fraction is kept"),
        pytest.param(0, 5, 9, 0.0, id="zero was measured"),
        pytest.param(250, 1_000, 9_000, 250.0, id="a measured one goes before the times"),
        pytest.param(None, 1_000, 9_000, 8_000.0, id="the end minus the start"),
        pytest.param(None, 1_000, 1_000, 0.0, id="it ended as it started"),
        pytest.param(10**12, None, None, 1e12, id="the longest"),
        pytest.param(None, 0, 10**12, 1e12, id="the longest by its times"),
        pytest.param(None, None, None, None, id="nothing is given"),
        pytest.param(None, 1_000, None, None, id="a start alone"),
        pytest.param(None, None, 9_000, None, id="an end alone"),
    ],
)
def test_a_duration_is_measured_or_between_its_times(
    duration_ms: float | None, started_at: int | None, ended_at: int | None, duration: float | None
) -> None:
    assert call_duration_ms(duration_ms, started_at, ended_at) == Duration(duration, is_invalid=False)


@pytest.mark.parametrize(
    ("duration_ms", "started_at", "ended_at", "duration"),
    [
        pytest.param(-1, None, None, None, id="a negative one"),
        pytest.param(-0.5, 1_000, 9_000, 8_000.0, id="a negative one gives way to the times"),
        pytest.param(-1, 9_000, 1_000, None, id="a negative one and times that go back"),
        pytest.param(None, 9_000, 1_000, None, id="times that go back"),
        pytest.param(250, 9_000, 1_000, 250.0, id="times that go back beside a measured one"),
        pytest.param(10**12 + 1, None, None, None, id="one that is too long"),
        pytest.param(10**12 + 1, 1_000, 9_000, None, id="one that is too long does not give way"),
        pytest.param(1e308, None, None, None, id="a number without bounds"),
        pytest.param(None, 0, 10**12 + 1, None, id="times too far apart"),
        pytest.param(None, EARLIEST_MS - 1, 0, None, id="a start before 1900"),
        pytest.param(None, LATEST_MS, LATEST_MS + 1, None, id="an end after 2299"),
        pytest.param(250, EARLIEST_MS - 1, None, 250.0, id="a start before 1900 beside a measured one"),
        pytest.param(None, None, LATEST_MS + 1, None, id="an end after 2299 alone"),
    ],
)
def test_what_cannot_be_right_is_flagged(
    duration_ms: float | None, started_at: int | None, ended_at: int | None, duration: float | None
) -> None:
    assert call_duration_ms(duration_ms, started_at, ended_at) == Duration(duration, is_invalid=True)


def test_the_bounds_of_a_time_are_the_years_1900_and_2299() -> None:
    assert parse_date_time("1900-01-01T00:00:00.000Z") == EARLIEST_MS
    assert parse_date_time("2299-12-31T23:59:59.999Z") == LATEST_MS
    assert call_duration_ms(None, EARLIEST_MS, EARLIEST_MS + 7) == Duration(7.0, is_invalid=False)
    assert call_duration_ms(None, LATEST_MS - 7, LATEST_MS) == Duration(7.0, is_invalid=False)


@given(numbers, times, times)
def test_a_known_duration_lies_between_zero_and_the_longest(
    duration_ms: float | None, started_at: int | None, ended_at: int | None
) -> None:
    duration = call_duration_ms(duration_ms, started_at, ended_at)
    assert duration.milliseconds is None or 0 <= duration.milliseconds <= 1e12
    assert str(duration.milliseconds) != "-0.0"
