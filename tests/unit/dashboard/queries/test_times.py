"""Times in requests mean one moment in every time zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.errors import BadParameter
from dashboard.queries.times import clickhouse_text, from_clock, iso_of, read_moment, time_zones, to_clock
from tests.oracle.date_times import epoch_ms

NOW = epoch_ms("2026-03-30T10:00:00.500Z")


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        pytest.param("2026-04-01T08:00:00Z", "Asia/Tokyo", "2026-04-01T08:00:00Z", id="Z is UTC in every zone"),
        pytest.param("2026-04-01 08:00z", "UTC", "2026-04-01T08:00:00Z", id="a space and a small z"),
        pytest.param(
            "2026-04-01T08:00:00.1239Z", "UTC", "2026-04-01T08:00:00.123Z", id="digits beyond milliseconds are removed"
        ),
        pytest.param("2026-04-01T08:00:00+02:00", "UTC", "2026-04-01T06:00:00Z", id="an offset"),
        pytest.param(
            "2026-04-01T08:00:00 02:00", "UTC", "2026-04-01T06:00:00Z", id="a plus that became a space in a URL"
        ),
        pytest.param("2026-04-01T08:00-02:30", "UTC", "2026-04-01T10:30:00Z", id="an offset to the west"),
        pytest.param("2026-04-01T08:00", "Asia/Kathmandu", "2026-04-01T02:15:00Z", id="a naive time is local"),
        pytest.param("2026-04-01", "Europe/Zagreb", "2026-03-31T22:00:00Z", id="a date is its first moment"),
        pytest.param("2026-03-29T02:30", "Europe/Zagreb", "2026-03-29T01:30:00Z", id="a skipped time goes forward"),
        pytest.param("2025-10-26T02:30", "Europe/Zagreb", "2025-10-26T00:30:00Z", id="a time shown twice is the first"),
        pytest.param("2026-03-29", "Asia/Beirut", "2026-03-28T22:00:00Z", id="a day without midnight begins at one"),
        pytest.param("now", "UTC", "2026-03-30T10:00:00.500Z", id="now"),
        pytest.param("-24h", "Europe/Zagreb", "2026-03-29T10:00:00.500Z", id="hours are exact"),
        pytest.param("-90m", "Europe/Zagreb", "2026-03-30T08:30:00.500Z", id="minutes are exact"),
        pytest.param("-2d", "Europe/Zagreb", "2026-03-28T11:00:00.500Z", id="days keep the time of day over a change"),
        pytest.param("-1w", "Europe/Zagreb", "2026-03-23T11:00:00.500Z", id="a week is seven days"),
    ],
)
def test_a_text_means_a_moment(text: str, zone: str, expected: str) -> None:
    assert iso_of(read_moment("since", text, ZoneInfo(zone), NOW)) == iso_of(epoch_ms(expected))


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "yesterday", "7d", "-7", "-7y", "--7d", "-9999999d", "-999999w", "2026-02-30", "2026-13-01"),
        *("2026-04-01T25:00Z", "2026-04-01T08:00:60Z", "2026-04-01T08:00:00+25:00", "1969-12-31T23:59:59Z"),
        *("2101-01-01", "9999-12-31", "0001-01-01", "20260401", "2026-W14", "1743465600", "2026-04-01T08", "NaN"),
        *("\u0662\u0660\u0662\u0666-04-01", "-\u0667d", "2026-04-01T08:00:00Z'; DROP TABLE events", "now()", "\x00"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Niue"])
def test_anything_else_is_rejected_with_the_allowed_values(text: str, zone: str) -> None:
    with pytest.raises(BadParameter, match=r"until: allowed is .*2026-04-01T08:00:00Z.*-7d"):
        read_moment("until", text, ZoneInfo(zone), NOW)


def test_local_times_round_trip() -> None:
    shown = datetime.fromisoformat("2026-04-01T08:00:00.123")
    zone = ZoneInfo("Pacific/Chatham")
    assert to_clock(from_clock(shown, zone), zone) == shown


def test_clickhouse_gets_the_milliseconds() -> None:
    assert clickhouse_text(epoch_ms("2026-04-01T08:00:00.007Z")) == "2026-04-01 08:00:00.007"


def test_a_local_file_is_not_a_time_zone() -> None:
    assert "localtime" not in time_zones()
    assert {"UTC", "Europe/Zagreb", "Asia/Kathmandu"} <= time_zones()
