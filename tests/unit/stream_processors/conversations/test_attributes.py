"""Attributes: first known, last known, and what nothing can erase."""

import pytest

from stream_processors.conversations import events as kinds
from stream_processors.conversations.attributes import Attributes, ConversationFact
from stream_processors.conversations.events import Call, FoldEvent, Profile
from stream_processors.conversations.fold import fold_all
from stream_processors.conversations.values import UNKNOWN_PLACE, Language
from tests.support.worker.fold_histories import GAP, LONDON, START, event_of, history_of

SILENT_PROFILE = Profile(None, None, None, None, None, None)
FULL = Profile("ann", LONDON, "mobile", "web", Language("en", "US"), "positive")
OTHER = Profile("bob", LONDON._replace(city="Leeds"), "desktop", "sms", Language("hr", ""), "negative")


def fact_of(*events: FoldEvent) -> ConversationFact:
    return fold_all(sorted(events), GAP)[1].conversations[0]


def profiles_in_order(*profiles: Profile) -> ConversationFact:
    attributes = Attributes()
    for profile in profiles:
        attributes.add_profile(profile)
    return attributes.fact()


@pytest.mark.parametrize("field", ["customer", "device", "language", "rating"])
def test_the_last_known_value_wins(field: str) -> None:
    assert getattr(profiles_in_order(FULL, OTHER), field) == getattr(OTHER, field)


@pytest.mark.parametrize("field", ["place", "source"])
def test_the_first_known_value_stays(field: str) -> None:
    assert getattr(profiles_in_order(FULL, OTHER), field) == getattr(FULL, field)


@pytest.mark.parametrize("field", Profile._fields)
def test_what_is_not_known_erases_nothing(field: str) -> None:
    expected = getattr(FULL, field)
    assert getattr(profiles_in_order(FULL, SILENT_PROFILE), field) == expected
    assert getattr(profiles_in_order(SILENT_PROFILE, FULL), field) == expected


def test_a_public_address_that_the_database_does_not_know_stays_first() -> None:
    unknown = FULL._replace(place=UNKNOWN_PLACE)
    assert profiles_in_order(unknown, FULL).place == UNKNOWN_PLACE


def test_a_visit_that_arrives_later_but_happened_before_gives_the_source() -> None:
    engaged = event_of(kinds.ENGAGEMENT, START + 10, "01", FULL)
    visited = event_of(kinds.VISIT, START, "02", OTHER)
    fact = fact_of(engaged, visited)
    assert (fact.source, fact.customer, fact.visited_at, fact.engaged_at) == ("sms", "ann", START, START + 10)


def test_profiles_of_one_millisecond_are_ordered_by_their_ids() -> None:
    assert fact_of(event_of(kinds.VISIT, START, "0b", FULL), event_of(kinds.ENGAGEMENT, START, "0a", OTHER)).source == (
        "sms"
    )


def test_the_earliest_visit_and_the_earliest_engaging_event_count() -> None:
    fact = fact_of(*history_of(("visit", 5), ("visit", 9), ("agent", 20), ("user", 30), ("user", 40)))
    assert (fact.visited_at, fact.engaged_at) == (START + 5, START + 20)
    assert fact.first_end_user_message_at == START + 30


@pytest.mark.parametrize(
    ("calls", "escalated", "failed"),
    [
        pytest.param([], False, False, id="no action escalates nothing"),
        pytest.param([Call(False, True)], False, False, id="another action that failed is no escalation"),
        pytest.param([Call(True, False)], True, False, id="an escalation escalates"),
        pytest.param([Call(True, True)], True, True, id="a failed one counts and is told apart"),
        pytest.param([Call(True, False), Call(True, True), Call(False, False)], True, True, id="one failed of several"),
        pytest.param([Call(True, True), Call(True, False)], True, True, id="a later success takes no failure back"),
        pytest.param([Call(True, False), Call(False, True)], True, False, id="a failure of another action is none"),
    ],
)
def test_an_escalation_counts_once_and_for_all(calls: list[Call], escalated: bool, failed: bool) -> None:
    events = [event_of(kinds.ACTION, START + at, f"{at:02x}", call) for at, call in enumerate(calls)]
    fact = fact_of(event_of(kinds.BUTTON, START, "ff"), *events)
    assert (fact.escalated, fact.escalation_failed) == (escalated, failed)


def test_the_latest_rating_counts_whether_recognised_or_not() -> None:
    fact = fact_of(
        event_of(kinds.RATING, START, "01", "positive"),
        event_of(kinds.VISIT, START + 1, "02", SILENT_PROFILE._replace(rating="negative")),
        event_of(kinds.RATING, START + 2, "03", "unrecognised"),
        event_of(kinds.ENGAGEMENT, START + 3, "04", SILENT_PROFILE),
    )
    assert fact.rating == "unrecognised"


def test_nothing_is_known_at_first() -> None:
    known = {name for name, value in Attributes().fact()._asdict().items() if value is not None}
    assert known == {"escalated", "escalation_failed"}
    assert not Attributes().fact().escalated
