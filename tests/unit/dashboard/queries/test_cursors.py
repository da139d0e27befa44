"""A cursor continues its own list, and no other text is accepted."""

from base64 import urlsafe_b64encode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import BadParameter
from dashboard.queries.cursors import Cursor, digest, read_cursor, write_cursor

QUESTION: dict[str, object] = {"list": "messages", "agent_id": "a"}
TYPES = ("Int64", "UInt64", "String")


@given(st.integers(0, 2**41), st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**64 - 1), st.text())
def test_a_cursor_round_trips(at: int, time: int, key: int, name: str) -> None:
    cursor = Cursor(at, at, (time, key, name))
    assert read_cursor(write_cursor(QUESTION, cursor), QUESTION, TYPES) == cursor


@given(st.text(max_size=200))
def test_any_other_text_is_rejected(text: str) -> None:
    with pytest.raises(BadParameter, match="cursor: allowed is the `next` value of a response to the same query"):
        read_cursor(text, QUESTION, TYPES)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([0, 0, "1", "2"], id="a part is missing"),
        pytest.param([0, 0, "1", "2", 3], id="a number instead of a text"),
        pytest.param([0, 0, "1", "-1", ""], id="a hash below zero"),
        pytest.param([0, 0, "1", str(2**64), ""], id="a hash beyond 64 bits"),
        pytest.param([0, 0, "1e3", "1", ""], id="a number in another notation"),
        pytest.param([0, 0, "\u0663", "1", ""], id="other digits"),
        pytest.param([0, 0, "--1", "1", ""], id="two signs"),
        pytest.param([0, 2**60, "1", "1", ""], id="a window out of range"),
        pytest.param([True, 0, "1", "1", ""], id="true instead of a time"),
        pytest.param([0, 0, "1" * 300, "1", ""], id="a very long number"),
    ],
)
def test_a_forged_cursor_is_rejected(parts: list[object]) -> None:
    text = urlsafe_b64encode(orjson.dumps([digest(QUESTION), *parts])).decode()
    with pytest.raises(BadParameter):
        read_cursor(text, QUESTION, TYPES)


def test_a_cursor_of_another_query_is_rejected() -> None:
    text = write_cursor(QUESTION, Cursor(0, 0, (1, 2, "")))
    with pytest.raises(BadParameter):
        read_cursor(text, {**QUESTION, "agent_id": "b"}, TYPES)
