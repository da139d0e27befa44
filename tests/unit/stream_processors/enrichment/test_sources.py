"""The source rule: trimmed and lower-cased; blank and unknown are not known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.enrichment.profiles import normalise_source


@pytest.mark.parametrize(
    ("text", "source"),
    [
        pytest.param("web", "web", id="a source as it is kept"),
        pytest.param(" WhatsApp\t", "whatsapp", id="capitals and white space"),
        pytest.param("Web Widget", "web widget", id="white space inside stays"),
        pytest.param("\u2003Wéb\u3000", "wéb", id="Unicode"),
        pytest.param("STRASSE ß", "strasse ß", id="lower case is not case folding"),
        pytest.param("unknown source", "unknown source", id="unknown as a part"),
        pytest.param("none", "none", id="a word that is nobody for customers alone"),
    ],
)
def test_a_source_is_trimmed_and_in_lower_case(text: str, source: str) -> None:
    assert normalise_source(text) == source


@pytest.mark.parametrize("text", ["", "  ", "\u00a0\n", "unknown", "Unknown", " UNKNOWN "])
def test_a_blank_or_unknown_source_is_not_known(text: str) -> None:
    assert normalise_source(text) is None


@given(st.text(st.characters()))
def test_any_text_can_be_asked_and_a_second_time_changes_nothing(text: str) -> None:
    source = normalise_source(text)
    assert source is None or normalise_source(source) == source


def test_a_source_as_long_as_a_record_is_taken() -> None:
    assert normalise_source("A" * 1_000_000) == "a" * 1_000_000
