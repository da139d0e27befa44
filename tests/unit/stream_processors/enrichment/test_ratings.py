"""The rating rule of conversation_feedback, value by value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.enrichment.ratings import verdict

VERDICTS = {"positive", "neutral", "negative", "unrecognised"}
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
json_values = st.recursive(
    scalars,
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(st.sampled_from(["sentiment", "rating", "score", "value", "x"]), children)
    ),
)


@pytest.mark.parametrize("rating", ["positive", "up", "true", "like", "good", "4", "5", 4, 5, 5.0, True])
def test_positive(rating: object) -> None:
    assert verdict(rating) == "positive"


@pytest.mark.parametrize("rating", ["neutral", "3", 3, 3.0])
def test_neutral(rating: object) -> None:
    assert verdict(rating) == "neutral"


@pytest.mark.parametrize("rating", ["negative", "down", "false", "dislike", "bad", "1", "2", 1, 2, 1.0, False])
def test_negative(rating: object) -> None:
    assert verdict(rating) == "negative"


@pytest.mark.parametrize(
    "rating",
    [
        0,
        6,
        -1,
        4.5,
        0.9999,
        1e15,
        "0",
        "6",
        "-5",
        "4.5",
        "great",
        "thumbs up",
        "",
        " ",
        "5 stars",
        "5/5",
        "unknown",
        None,
        [],
        [5],
    ],
)
def test_anything_else_is_unrecognised(rating: object) -> None:
    assert verdict(rating) == "unrecognised"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Positive\n", "positive"),
        ("UP", "positive"),
        ("True", "positive"),
        ("\u2003LIKE\u00a0", "positive"),
        ("Neutral", "neutral"),
        (" DISLIKE ", "negative"),
        ("False", "negative"),
    ],
)
def test_a_word_is_trimmed_and_case_folded(text: str, expected: str) -> None:
    assert verdict(text) == expected


@pytest.mark.parametrize("text", ["5.0", " 4 ", "+4", "05", "5.000", "4." + "0" * 10_000, "0" * 10_000 + "5"])
def test_a_text_that_is_a_decimal_number_is_that_number(text: str) -> None:
    assert verdict(text) == "positive"


@pytest.mark.parametrize(
    "text", ["5.", ".5", "5e0", "5,0", "0x5", "\u0665", "\uff15", "5.0.0", "+ 5", "--5", "1_0", "5." + "0" * 30 + "1"]
)
def test_a_text_in_another_notation_is_no_number_of_the_scale(text: str) -> None:
    assert verdict(text) == "unrecognised"


@pytest.mark.parametrize(
    ("rating", "expected"),
    [
        pytest.param({"sentiment": "positive"}, "positive", id="at sentiment"),
        pytest.param({"rating": 3}, "neutral", id="at rating"),
        pytest.param({"score": "1.0"}, "negative", id="at score"),
        pytest.param({"value": True}, "positive", id="at value"),
        pytest.param({"value": 1, "score": 1, "rating": 1, "sentiment": "good"}, "positive", id="sentiment goes first"),
        pytest.param({"value": 5, "score": 5, "rating": 1}, "negative", id="rating before score"),
        pytest.param({"value": 5, "score": 1}, "negative", id="score before value"),
        pytest.param({"sentiment": None, "score": 5}, "positive", id="null is passed over"),
        pytest.param({"sentiment": "nice", "score": 5}, "unrecognised", id="what is there first is what counts"),
        pytest.param({"rating": False, "value": 5}, "negative", id="false is there"),
        pytest.param({"rating": 0, "value": 5}, "unrecognised", id="zero is there"),
        pytest.param({"rating": "", "value": 5}, "unrecognised", id="an empty text is there"),
        pytest.param({"rating": {"value": 5}}, "unrecognised", id="an object inside it"),
        pytest.param({"rating": [5]}, "unrecognised", id="a list inside it"),
        pytest.param({"Rating": 5, "stars": 5}, "unrecognised", id="other keys"),
        pytest.param({}, "unrecognised", id="an empty one"),
        pytest.param({"value": None}, "unrecognised", id="null alone"),
    ],
)
def test_an_object_is_read_at_the_first_key_that_is_there(rating: object, expected: str) -> None:
    assert verdict(rating) == expected


@given(json_values)
def test_any_json_value_has_a_verdict(rating: object) -> None:
    assert verdict(rating) in VERDICTS


@given(st.text(st.characters()))
def test_white_space_around_a_text_changes_nothing(text: str) -> None:
    assert verdict(f"\t{text}\u3000") == verdict(text)


@given(st.integers(-10, 10), st.integers(0, 20))
def test_a_number_and_its_text_say_the_same(number: int, zeros: int) -> None:
    text = f"{number}.{'0' * zeros}" if zeros else str(number)
    assert verdict(text) == verdict(number) == verdict(float(number))
