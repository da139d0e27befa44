"""A field of an event is handled in five places; a forgotten one is reported."""

from dataclasses import replace

import pytest

from tests.support.project.event_fields import Places, forgotten, places

# The places of an imaginary field of messages, in the order of docs/how-to/add-a-field.md.
FIELD = "mood"
PLACES = [
    "mood: OWN_COLUMNS['message'] in stream_processors/enrichment/enrich.py",
    "mood: sql/tables/events.sql",
    "mood: CONTENT_COLUMNS in sql/event_columns.py",
    "mood: docs/privacy.md",
]


def with_field(*, own: bool = True, column: bool = True, content: bool = True, privacy: bool = True) -> Places:
    """Return the places of the project with the field in the contract and in some of the other places."""
    now = places()
    return replace(
        now,
        fields={**now.fields, "message": {*now.fields["message"], FIELD}},
        own={**now.own, "message": (*now.own["message"], *([FIELD] if own else []))},
        columns={**now.columns, **({FIELD: "String"} if column else {})},
        content=[*now.content, *([FIELD] if content else [])],
        privacy=now.privacy + (f"`{FIELD}`" if privacy else ""),
    )


def test_every_field_is_handled_in_all_places() -> None:
    assert forgotten(places()) == []


def test_a_field_in_all_places_is_complete() -> None:
    assert forgotten(with_field()) == []


@pytest.mark.parametrize(("name", "place"), list(zip(("own", "column", "content", "privacy"), PLACES, strict=True)))
def test_a_forgotten_place_is_named(name: str, place: str) -> None:
    assert place in forgotten(with_field(**{name: False}))


def test_a_column_that_no_event_fills_is_named() -> None:
    now = places()
    assert forgotten(replace(now, columns={**now.columns, FIELD: "UInt8"})) == [
        "mood: OWN_COLUMNS in stream_processors/enrichment/enrich.py",
        "mood: docs/privacy.md",
    ]
