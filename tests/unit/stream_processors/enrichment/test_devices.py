"""The device rule: words as they are, user-agent strings parsed, everything else `other`."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.enrichment.devices import classify_device

DATA = Path(__file__).parents[3] / "data"
any_text = st.text(st.characters())


def user_agents() -> list[tuple[str, str, str]]:
    with (DATA / "user_agents.tsv").open(encoding="utf-8", newline="") as file:
        return [(row[0], row[1], row[2]) for row in list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]]


@pytest.mark.parametrize(
    ("device", "user_agent"),
    [pytest.param(device, user_agent, id=sent_by) for device, sent_by, user_agent in user_agents()],
)
def test_a_user_agent_string_is_parsed(device: str, user_agent: str) -> None:
    assert classify_device(user_agent) == device
    assert classify_device(f"\u2003{user_agent}\n") == device


def test_the_user_agents_cover_every_kind_of_device() -> None:
    devices = [device for device, _, _ in user_agents()]
    assert all(devices.count(device) >= 15 for device in ("desktop", "mobile", "tablet", "other"))


@pytest.mark.parametrize("device", ["desktop", "tablet", "mobile", "other"])
def test_a_word_is_trimmed_and_case_folded(device: str) -> None:
    for text in (device, device.upper(), device.title(), f"\t{device}\u3000"):
        assert classify_device(text) == device


@pytest.mark.parametrize("text", ["", " \u00a0", "unknown", "Unknown", " UNKNOWN\n"])
def test_a_blank_or_unknown_device_is_not_known(text: str) -> None:
    assert classify_device(text) is None


@pytest.mark.parametrize(
    "text", ["phone", "PC", "iPhone", "television", "smartwatch", "bot", "desktop 2", "none", "\x1fmobile"]
)
def test_any_other_text_is_other(text: str) -> None:
    assert classify_device(text) == "other"


@given(any_text)
def test_any_text_can_be_asked_and_an_answer_answers_itself(text: str) -> None:
    device = classify_device(text)
    assert device is None or classify_device(device) == device


@given(any_text, any_text)
def test_any_text_with_a_slash_is_known(before: str, after: str) -> None:
    assert classify_device(f"{before}/{after}") is not None


def test_a_user_agent_as_long_as_a_record_is_classified_by_its_beginning() -> None:
    iphone = next(user_agent for _, sent_by, user_agent in user_agents() if sent_by == "Safari on iPhone")
    assert classify_device(iphone + " x/1" * 250_000) == "mobile"
