"""The escalation rule: an exact name out of a set, trimmed and case-folded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.conversations.rules import DEFAULT_ESCALATION_ACTIONS, EscalationActions

any_text = st.text(st.characters())


@pytest.mark.parametrize("name", ["fallback_to_human", "open_ticket", "ticket", "contact_human"])
def test_the_four_default_names_escalate(name: str) -> None:
    assert EscalationActions().includes(name)


def test_the_default_names_are_exactly_four() -> None:
    assert DEFAULT_ESCALATION_ACTIONS == ("fallback_to_human", "open_ticket", "ticket", "contact_human")


@pytest.mark.parametrize("name", [" ticket\n", "TICKET", "Open_Ticket", "\u2003contact_human\u3000"])
def test_white_space_around_a_name_and_its_case_do_not_matter(name: str) -> None:
    assert EscalationActions().includes(name)


@pytest.mark.parametrize("name", ["get_ticket", "ticket_status", "open ticket", "tickets", "", " ", "ticket\x1f"])
def test_a_name_that_contains_an_escalation_does_not_escalate(name: str) -> None:
    assert not EscalationActions().includes(name)


def test_the_names_of_a_setting_replace_the_default() -> None:
    actions = EscalationActions([" Hand_Over ", "STRASSE"])
    assert actions.includes("hand_over")
    assert actions.includes("straße")
    assert not actions.includes("ticket")


def test_no_names_mean_that_nothing_escalates() -> None:
    assert not EscalationActions([]).includes("ticket")


def test_a_blank_name_in_a_setting_is_ignored() -> None:
    actions = EscalationActions(["ticket", " ", ""])
    assert actions.names == {"ticket"}
    assert not actions.includes(" ")


@given(any_text)
def test_any_name_can_be_tested(name: str) -> None:
    assert EscalationActions([name]).includes(name) == bool(EscalationActions([name]).names)
