"""Profiles: what a visit or an engagement tells, read with the rules of the metrics and stored with the event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.conversations.events import Profile
from stream_processors.conversations.values import UNKNOWN_PLACE, Language
from stream_processors.enrichment.profiles import COLUMNS, is_unknown, known_name
from tests.support.kafka.records import fields_of
from tests.support.worker.wire_events import enriched, events_of, own_values

OPENINGS = pytest.mark.parametrize("type_", ["conversation_visited", "conversation_engaged"])


def read(type_: str = "conversation_visited", **fields: object) -> tuple[Profile, dict[str, object]]:
    event = enriched(fields_of(type_, **fields))
    assert isinstance(event.fold_event.detail, Profile)
    return event.fold_event.detail, own_values(event, COLUMNS)


@OPENINGS
def test_everything_that_an_opening_tells_is_read(type_: str) -> None:
    profile, stored = read(
        type_,
        customer_id=" ann ",
        customer_ip_address="81.2.69.142",
        device="Mobile",
        source=" WEB ",
        language="en_us",
        name=" A title ",
        metadata={"feedback": "up"},
    )
    assert profile.place is not None
    assert profile.place.city == "London"
    assert profile._replace(place=None) == Profile("ann", None, "mobile", "web", Language("en", "US"), "positive")
    assert stored["name"] == " A title "


@OPENINGS
def test_an_opening_that_tells_nothing_has_no_opinion(type_: str) -> None:
    profile, stored = read(type_)
    assert set(profile) == {None}
    assert {name for name, value in stored.items() if value is not None} == {"has_public_address"}
    assert stored["has_public_address"] is False


@pytest.mark.parametrize("blank", ["", " \u3000", "unknown", " UNKNOWN\n"])
def test_blank_and_unknown_values_are_not_known(blank: str) -> None:
    profile, _ = read(
        customer_id=blank, customer_ip_address=blank, device=blank, source=blank, language=blank, metadata={}
    )
    assert set(profile) == {None}


def test_the_columns_hold_what_was_sent_beside_what_was_derived() -> None:
    _, stored = read(customer_id=" ann ", device="Fridge", source=" WEB ", language="English", name="")
    sent = ("customer_id", "device", "source", "language", "name")
    derived = ("customer", "device_class", "source_name", "language_code", "language_region")
    assert [stored[name] for name in sent] == [" ann ", "Fridge", " WEB ", "English", None]
    assert [stored[name] for name in derived] == ["ann", "other", "web", "en", ""]


def test_a_public_address_that_the_database_does_not_know_has_an_unknown_place() -> None:
    profile, stored = read(customer_ip_address="8.8.8.8")
    assert profile.place == UNKNOWN_PLACE
    assert (stored["has_public_address"], stored["country_code"], stored["latitude"]) == (True, "unknown", None)


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "224.0.0.1", "fe80::1", "nonsense", "unknown", ""])
def test_an_address_that_is_not_public_gives_nothing(address: str) -> None:
    profile, stored = read(customer_ip_address=address)
    assert profile.place is None
    assert (stored["has_public_address"], stored["country_code"], stored["city"]) == (False, None, None)


@pytest.mark.parametrize(
    ("text", "name"),
    [(None, None), ("", None), (" \u3000", None), (" A title ", " A title "), ("unknown", "unknown"), ("\x1f", "\x1f")],
)
def test_a_title_is_kept_as_it_was_sent_and_a_blank_one_is_none(text: str | None, name: str | None) -> None:
    assert known_name(text) == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", True), ("\u2028", True), ("unknown", True), (" Unknown ", True), ("unknown.", False), ("\x1f", False)],
)
def test_blank_and_the_word_unknown_say_nothing(text: str, expected: bool) -> None:
    assert is_unknown(text) == expected


@OPENINGS
@given(data=st.data())
def test_nothing_known_is_an_empty_text(type_: str, data: st.DataObject) -> None:
    profile = enriched(data.draw(events_of(type_))).fold_event.detail
    assert isinstance(profile, Profile)
    assert "" not in (profile.customer, profile.device, profile.source, profile.rating)
