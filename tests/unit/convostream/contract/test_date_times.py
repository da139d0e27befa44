"""The contract's grammar of date-times, and the millisecond that each one is."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convostream.contract.date_times import epoch_milliseconds, format_date_time, parse_date_time

NOON = 1_775_044_800_000


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        pytest.param("2026-04-01T12:00:00Z", NOON, id="the usual form"),
        pytest.param("2026-04-01t12:00:00z", NOON, id="small letters"),
        pytest.param("2026-04-01 12:00:00", NOON, id="a space, and no offset is UTC"),
        pytest.param("2026-04-01T12:00:00.1239999Z", NOON + 123, id="digits are cut and not rounded"),
        pytest.param("2026-04-01T12:00:00.5", NOON + 500, id="one digit"),
        pytest.param("2026-04-01T14:30:00+02:30", NOON, id="an offset to the east"),
        pytest.param("2026-04-01T00:01:00-11:59", NOON, id="an offset to the west"),
        pytest.param("2026-04-01T12:00:00-00:00", NOON, id="minus zero"),
        pytest.param("2026-04-02T11:59:00+23:59", NOON, id="the widest offset"),
        pytest.param("1969-12-31T23:59:59.9999Z", -1, id="before 1970 the digits are cut too"),
        pytest.param("0001-01-01T00:00:00+23:59", -62_135_596_800_000 - 86_340_000, id="before the year 1"),
        pytest.param("9999-12-31T23:59:59-23:59", 253_402_300_799_000 + 86_340_000, id="after the year 9999"),
        pytest.param("2024-02-29T00:00:00Z", 1_709_164_800_000, id="a leap day"),
        pytest.param("2026-04-01T12:00:00." + "1" * 1000 + "Z", NOON + 111, id="a thousand digits"),
    ],
)
def test_a_date_time_is_its_millisecond(text: str, ms: int) -> None:
    assert parse_date_time(text) == ms


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("2026-04-01", id="a date alone"),
        pytest.param("2026-04-01T12:00", id="no seconds"),
        pytest.param("2026-04-01T12:00:60Z", id="a leap second"),
        pytest.param("2026-04-01T24:00:00Z", id="hour 24"),
        pytest.param("2026-02-29T00:00:00Z", id="no such day"),
        pytest.param("0000-01-01T00:00:00Z", id="the year 0"),
        pytest.param("2026-04-01T12:00:00.Z", id="a point without digits"),
        pytest.param("2026-04-01T12:00:00,5Z", id="a comma"),
        pytest.param("2026-04-01T12:00:00+0200", id="an offset without a colon"),
        pytest.param("2026-04-01T12:00:00+24:00", id="offset hour 24"),
        pytest.param("2026-04-01T12:00:00+02:60", id="offset minute 60"),
        pytest.param("2026-04-01T12:00:00 Z", id="a space before Z"),
        pytest.param("2026-04-01T12:00:00Z\n", id="a line feed at the end"),
        pytest.param(" 2026-04-01T12:00:00Z", id="a space in front"),
        pytest.param("2026-04-01_12:00:00Z", id="another separator"),
        pytest.param("२०२६-04-01T12:00:00Z", id="digits that are not ASCII"),
        pytest.param("2026-04-01T12:00:00.\u0661Z", id="a fraction that is not ASCII"),
        pytest.param("+026-04-01T12:00:00Z", id="a sign in the year"),
        pytest.param("2026-4-01T12:00:00Z", id="a month of one digit"),
        pytest.param("2026-04-01T12:00:00." + "1" * 1000 + "x", id="a thousand digits and a letter"),
    ],
)
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="allowed is YYYY-MM-DDThh:mm:ss"):
        parse_date_time(text)


@given(st.integers(-62_135_596_800_000 - 86_340_000, 253_402_300_799_999 + 86_340_000))
def test_every_instant_that_a_text_can_name_is_written_as_a_text_that_names_it(ms: int) -> None:
    assert parse_date_time(format_date_time(ms)) == ms


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-1439, 1439))
def test_an_offset_changes_the_text_and_not_the_instant(moment: datetime, minutes: int) -> None:
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    text = f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}{sign}{size // 60:02d}:{size % 60:02d}"
    assert parse_date_time(text) == epoch_milliseconds(moment) - minutes * 60_000


def test_a_datetime_is_cut_to_the_millisecond_and_a_naive_one_is_utc() -> None:
    naive = datetime(2026, 4, 1, 12, 0, 0, 123_999)
    assert epoch_milliseconds(naive) == NOON + 123
    assert epoch_milliseconds(naive.replace(tzinfo=timezone(timedelta(hours=2)))) == NOON + 123 - 7_200_000
    assert epoch_milliseconds(datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC)) == -1


def test_an_instant_is_written_in_utc_with_three_digits() -> None:
    assert format_date_time(NOON + 123) == "2026-04-01T12:00:00.123Z"
    assert format_date_time(-1) == "1969-12-31T23:59:59.999Z"
