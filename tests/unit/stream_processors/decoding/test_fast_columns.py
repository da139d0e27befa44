"""Columns in common formats are parsed as single values are; all other columns are left to the caller."""

from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convostream.contract.date_times import format_date_time, parse_date_time
from stream_processors.decoding.fast_columns import are_plain_uuids, read_plain_date_times
from tests.support.kafka.records import EVENT_ID

TIME = "2026-04-01T12:00:00.123Z"

uuids = st.uuids().map(str)
years_1_to_9999 = st.integers(-62_135_596_800_000, 253_402_300_799_999)
LOCAL = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
FORMS = [
    f"{LOCAL}{fraction}{zone}"
    for fraction in ("", r"\.[0-9]{3}", r"\.[0-9]{6}")
    for zone in ("Z", r"[+-][0-9]{2}:[0-9]{2}")
]
odd_times = st.sampled_from(FORMS).flatmap(
    lambda form: st.lists(st.from_regex(form, fullmatch=True), min_size=1, max_size=3)
)
ahead, behind = (
    minutes.map(lambda each: timezone(timedelta(minutes=each)))
    for minutes in (st.integers(0, 1439), st.integers(-1439, -1))
)


@given(st.lists(uuids, min_size=1))
def test_uuids_in_lower_case_are_plain(texts: list[str]) -> None:
    assert are_plain_uuids(texts)


@given(uuids, st.integers(0, 35), st.characters())
def test_a_uuid_with_another_character_is_plain_only_when_it_is_one(text: str, place: int, character: str) -> None:
    changed = text[:place] + character + text[place + 1 :]
    is_uuid = place not in (8, 13, 18, 23) and character in "0123456789abcdef"
    assert are_plain_uuids([text, changed]) == (is_uuid or changed == text)
    assert not is_uuid or str(UUID(changed)) == changed


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param([EVENT_ID[:-1], EVENT_ID[-1] + EVENT_ID], id="one too short, the next too long"),
        pytest.param([EVENT_ID.upper()], id="in upper case"),
        pytest.param([EVENT_ID + "\n"], id="a line feed behind it"),
        pytest.param(["é" * 18], id="of as many bytes"),
        pytest.param([""], id="empty"),
    ],
)
def test_other_texts_are_no_plain_uuids(texts: list[str]) -> None:
    assert not are_plain_uuids(texts)


@given(st.lists(years_1_to_9999, min_size=1))
def test_times_as_the_sdk_writes_them_are_read(times: list[int]) -> None:
    assert read_plain_date_times(list(map(format_date_time, times))) == times


@given(
    st.sampled_from([ahead, behind]).flatmap(lambda zones: st.lists(st.datetimes(timezones=zones), min_size=1)),
    st.sampled_from(["seconds", "milliseconds", "microseconds"]),
)
def test_times_as_python_writes_them_are_read(moments: list[datetime], timespec: str) -> None:
    texts = [moment.isoformat(timespec=timespec) for moment in moments]
    assert read_plain_date_times(texts) == list(map(parse_date_time, texts))


@given(odd_times)
def test_a_column_is_parsed_as_its_single_values_are(texts: list[str]) -> None:
    try:
        expected = [parse_date_time(text) for text in texts]
    except ValueError:
        expected = None
    assert read_plain_date_times(texts) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-01 12:00:00.123Z",
        "2026-04-01T12:00:00.1234",
        "2026-04-01T12:00:00,123Z",
        "2026-04-01T12:00:00Z",
        "2026-04-01T12:00:00.123456Z",
        "2026-04-01T12:00:00.123+00:00",
        "2026-04-01T12:00:00.123z",
        "\uff12026-04-01T12:00:00.123Z",
        "0000-04-01T12:00:00.123Z",
        "2026-02-29T12:00:00.123Z",
        "2026-04-01T24:00:00.000Z",
        "2026-04-01T23:59:60.000Z",
        "",
    ],
)
def test_one_other_time_leaves_all_to_be_read_one_by_one(text: str) -> None:
    assert read_plain_date_times([TIME, text]) is None


@pytest.mark.parametrize("zone", ["+24:00", "-23:60", "+2:000", "±02:00", " 02:00"])
def test_an_offset_that_is_none_leaves_all_to_be_read_one_by_one(zone: str) -> None:
    assert read_plain_date_times([TIME[:-1] + "+23:59", TIME[:-1] + zone]) is None


def test_an_empty_column_has_only_uuids_and_no_times() -> None:
    assert read_plain_date_times([]) is None
    assert not are_plain_uuids([])
