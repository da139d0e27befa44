"""The customer rule of individual_users: trimmed, case-sensitive, and six words that are no id."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.enrichment.profiles import known_customer


@pytest.mark.parametrize(
    ("text", "customer"),
    [
        pytest.param("c-1", "c-1", id="an id as it is"),
        pytest.param(" c-1\n", "c-1", id="white space around it"),
        pytest.param("C-1", "C-1", id="capitals stay"),
        pytest.param("unknown-7", "unknown-7", id="a word for nobody as a part"),
        pytest.param("nobody", "nobody", id="a word that is none of the six"),
        pytest.param("0", "0", id="zero"),
        pytest.param("nil", "nil", id="nil"),
        pytest.param("\x1fc-1", "\x1fc-1", id="a control character that is no white space stays"),
    ],
)
def test_an_id_is_trimmed_and_its_case_counts(text: str, customer: str) -> None:
    assert known_customer(text) == customer


@pytest.mark.parametrize("word", ["", "none", "null", "undefined", "anonymous", "unknown"])
def test_a_word_for_nobody_is_no_id_in_any_case(word: str) -> None:
    for text in (word, word.upper(), word.title(), f" \u2003{word}\u00a0"):
        assert known_customer(text) is None


@given(st.text(st.characters()))
def test_any_text_can_be_asked_and_a_second_time_changes_nothing(text: str) -> None:
    customer = known_customer(text)
    assert customer is None or known_customer(customer) == customer
