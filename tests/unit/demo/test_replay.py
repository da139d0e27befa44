"""What the replay writes to the topic follows docs/demo.md."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from convostream import (
    Action,
    Button,
    ConversationEnded,
    ConversationEngaged,
    ConversationVisited,
    Event,
    Feedback,
    Message,
    TokenUsage,
)
from examples.demo.conversations import HAND_OVERS, Talk
from examples.demo.replay import plan
from examples.demo.schedule import DAYS, latest_days
from tests.support.demo_events import NOW_MS, events_of, replayed, transcripts

DAY_MS = 86_400_000


def without_ids(events: list[Event]) -> list[dict[str, object]]:
    return [event.model_dump(exclude={"event_id"}) for event in events]


def test_the_same_moment_gives_the_same_events() -> None:
    some = transcripts()[:20]
    first, again = (events_of(plan(some, NOW_MS, copies=3))[0] for _ in range(2))
    assert without_ids(first) == without_ids(again)


def test_another_moment_gives_the_same_conversations_at_other_times() -> None:
    def said(now_ms: int) -> Counter[tuple[str, str | None]]:
        events, _ = events_of(plan(transcripts()[:20], now_ms, copies=3))
        return Counter((event.conversation_id, event.content) for event in events if isinstance(event, Message))

    assert said(NOW_MS) == said(NOW_MS + 5 * DAY_MS)


def test_the_replay_has_every_message_of_every_copy_once() -> None:
    events, tally = replayed()
    ids = {event.event_id for event in events if isinstance(event, Message) and event.sender != "system"}
    assert len(ids) == tally.messages == 10 * sum(len(transcript.utterances) for transcript in transcripts())


def test_every_event_but_the_repeated_ones_has_an_id_of_its_own() -> None:
    events, tally = replayed()
    assert len({event.event_id for event in events}) == tally.events.total() == len(events) - tally.again
    assert tally.again > 50


@pytest.mark.parametrize(
    "kind",
    [
        ConversationVisited,
        ConversationEngaged,
        Message,
        Action,
        Button,
        Feedback,
        TokenUsage,
        ConversationEnded,
    ],
    ids=lambda kind: kind.__name__,
)
def test_every_type_of_the_contract_occurs(kind: type) -> None:
    assert sum(isinstance(event, kind) for event in replayed()[0]) > 100


@pytest.mark.parametrize("name", ["customer_id", "customer_ip_address", "device", "source", "language", "name"])
def test_every_attribute_is_often_given_and_not_always(name: str) -> None:
    opened = [event for event in replayed()[0] if isinstance(event, ConversationEngaged | ConversationVisited)]
    given = sum(getattr(event, name) is not None for event in opened)
    assert len(opened) / 2 < given < len(opened)


def test_everything_happened_in_the_last_sixty_days() -> None:
    times = [event.occurred_at for event in replayed()[0]]
    assert min(times) > NOW_MS - DAYS * DAY_MS
    assert max(times) <= NOW_MS
    assert len({at // DAY_MS for at in times}) >= 60


def test_the_latest_days_and_the_days_before_contain_every_event() -> None:
    latest = latest_days(NOW_MS)
    times = [event.occurred_at / 1000 for event in replayed()[0]]
    assert latest.before().until == latest.since
    assert latest.before().since.timestamp() <= min(times)
    assert max(times) < latest.until.timestamp()


def test_more_happens_as_time_goes_on_and_less_at_weekends() -> None:
    days = Counter((NOW_MS - event.occurred_at) // DAY_MS for event in replayed()[0])
    later, earlier = sum(days[day] for day in range(30)), sum(days[day] for day in range(30, 60))
    assert 1.2 < later / earlier < 1.8
    weekdays = Counter(datetime.fromtimestamp(event.occurred_at / 1000, UTC).weekday() for event in replayed()[0])
    assert max(weekdays[5], weekdays[6]) < min(weekdays[day] for day in range(5))


def test_many_customers_return_after_a_month_and_many_are_new() -> None:
    since_ms = latest_days(NOW_MS).since.timestamp() * 1000
    times: dict[str, list[int]] = {}
    for event in replayed()[0]:
        if isinstance(event, ConversationEngaged) and (event.customer_id or "").startswith("customer"):
            times.setdefault(event.customer_id or "", []).append(event.occurred_at)
    latest = [events for events in times.values() if max(events) >= since_ms]
    new = sum(min(events) >= since_ms for events in latest)
    assert new > 50
    assert len(latest) - new > 100


def test_the_time_between_the_messages_of_a_conversation_is_real() -> None:
    transcript = transcripts()[3]
    events, _ = events_of(Talk(transcript, "00", NOW_MS).steps())
    said = sorted(event.occurred_at for event in events if isinstance(event, Message) and event.sender != "system")
    assert [at - NOW_MS for at in said] == [utterance.at_ms for utterance in transcript.utterances]


def test_tool_calls_are_actions_with_their_own_duration_and_error() -> None:
    actions = [event for event in replayed()[0] if isinstance(event, Action)]
    assert len(actions) == 3_970
    assert sum(action.error_message is not None for action in actions) == 670
    assert all(action.duration_ms is not None and action.started_at is not None for action in actions)
    assert all((action.response is None) != (action.error_message is None) for action in actions)


def test_a_fifth_of_the_conversations_escalates() -> None:
    handed = [event for event in replayed()[0] if isinstance(event, Action) and event.action_name in HAND_OVERS]
    assert len(handed) == 280
    assert any(isinstance(event, Message) and event.sender == "system" for event in replayed()[0])


def test_ratings_come_as_events_and_in_metadata_and_from_staff() -> None:
    events = replayed()[0]
    in_passing = [e for e in events if isinstance(e, ConversationEngaged) and "feedback" in (e.metadata or {})]
    rated_by = Counter(event.rated_by for event in events if isinstance(event, Feedback))
    assert len(in_passing) > 100
    assert rated_by["customer"] > 300
    assert rated_by["staff"] > 20


def test_some_visits_never_engage_and_some_do() -> None:
    visited = {event.conversation_id for event in replayed()[0] if isinstance(event, ConversationVisited)}
    engaged = {event.conversation_id for event in replayed()[0] if isinstance(event, ConversationEngaged)}
    assert len(visited & engaged) > 500
    assert len(visited - engaged) > 300


def test_some_messages_are_late_and_come_after_their_successors() -> None:
    tally = replayed()[1]
    assert tally.late > 50
    steps = [step for t in transcripts() for step in Talk(t, "00", NOW_MS).steps()]
    assert {"in time", "late", "again"} == {step.manner for step in steps}
