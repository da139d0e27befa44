"""The previous period has as many local days, or as many milliseconds."""

import pytest
from pydantic import ValidationError

from dashboard.errors import BadParameter
from dashboard.queries.time_range import Window, WindowQuery
from dashboard.queries.times import iso_of
from tests.oracle.date_times import epoch_ms

NOW = epoch_ms("2026-04-10T12:00:00Z")


def _window(since: str, until: str, zone: str) -> Window:
    return WindowQuery(agent_id="a", since=since, until=until, time_zone=zone).window(NOW)


@pytest.mark.parametrize(
    ("since", "until", "zone", "before"),
    [
        pytest.param(
            "2026-03-30", "2026-04-06", "Europe/Zagreb", "2026-03-22T23:00:00.000Z", id="a week over a change"
        ),
        pytest.param("2026-03-29", "2026-03-30", "Europe/Zagreb", "2026-03-27T23:00:00.000Z", id="a day of 23 hours"),
        pytest.param("2026-03-31", "2026-04-01", "UTC", "2026-03-30T00:00:00.000Z", id="a day"),
        pytest.param("2026-04-10T10:00Z", "now", "UTC", "2026-04-10T08:00:00.000Z", id="two hours"),
        pytest.param(
            "2026-03-29T00:30Z",
            "2026-03-29T03:30Z",
            "Europe/Zagreb",
            "2026-03-28T21:30:00.000Z",
            id="hours on a change",
        ),
        pytest.param("1970-01-01", "2026-01-01", "UTC", "1970-01-01T00:00:00.000Z", id="a range at 1970"),
        pytest.param("now", "now", "UTC", "2026-04-10T12:00:00.000Z", id="an empty range"),
    ],
)
def test_the_previous_period_ends_at_the_start_of_this_one(since: str, until: str, zone: str, before: str) -> None:
    window = _window(since, until, zone)
    previous = window.previous()
    assert iso_of(previous.since_ms) == before
    assert previous.until_ms == window.since_ms
    assert (previous.agent_id, previous.environment, previous.time_zone) == ("a", "production", zone)


def test_a_range_that_ends_before_its_start_is_rejected() -> None:
    with pytest.raises(BadParameter, match="until: allowed is a time that is not before since"):
        _window("2026-04-02", "2026-04-01", "UTC")


def test_the_default_range_is_the_last_seven_days() -> None:
    window = WindowQuery(agent_id="a").window(NOW)
    assert (window.since_ms, window.until_ms, window.environment) == (NOW - 7 * 86_400_000, NOW, "production")


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "europe/zagreb", "../etc/passwd", "UTC'", "localtime", "+02:00"])
def test_an_unknown_time_zone_is_rejected(zone: str) -> None:
    with pytest.raises(ValidationError, match="an IANA name like Europe/Zagreb"):
        WindowQuery(agent_id="a", time_zone=zone)
