"""What the tracking calls put on the topic, and which conversation they belong to."""

import asyncio
import json
from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import pytest

from convostream import (
    Action,
    AsyncConversationTracker,
    Button,
    ConversationEnded,
    ConversationEngaged,
    ConversationTracker,
    ConversationVisited,
    Feedback,
    InvalidArgument,
    Message,
    Settings,
    TokenUsage,
    validate_event,
)
from convostream.testing import MemoryTransport
from tests.support.sdk.events import event


@pytest.fixture
def transport() -> MemoryTransport:
    return MemoryTransport()


@pytest.fixture
def tracker(transport: MemoryTransport) -> ConversationTracker:
    return ConversationTracker("shop", transport=transport)


def sent(transport: MemoryTransport) -> dict[str, Any]:
    """Return the JSON of the only record."""
    (record,) = transport.records
    value: dict[str, Any] = json.loads(record.value)
    return value


def test_a_visit_and_a_conversation_carry_the_attributes(
    tracker: ConversationTracker, transport: MemoryTransport
) -> None:
    given = ("u-1", "203.0.113.9", "mobile", "web", "en-GB", {"page": "/"})
    tracker.initialize_conversation("c-1", *given, name="Title")  # type: ignore[arg-type]
    tracker.get_or_create_conversation("c-1", *given, name="Title")  # type: ignore[arg-type]
    visited, engaged = transport.events
    assert isinstance(visited, ConversationVisited)
    assert isinstance(engaged, ConversationEngaged)
    for opened in (visited, engaged):
        assert (opened.customer_id, opened.customer_ip_address, opened.device) == given[:3]
        assert (opened.source, opened.language, opened.metadata, opened.name) == (*given[3:], "Title")


def test_each_sender_has_its_call(tracker: ConversationTracker, transport: MemoryTransport) -> None:
    conversation = tracker.get_or_create_conversation("c-1")
    conversation.track_human_message("question")
    conversation.track_agent_message("answer")
    conversation.track_system_message(None, attachments=[{"filename": "log.txt"}])
    messages = transport.events_of(Message)
    assert [(one.sender, one.content) for one in messages] == [
        ("end_user", "question"),
        ("agent", "answer"),
        ("system", None),
    ]
    assert messages[2].attachments == [{"filename": "log.txt"}]


def test_all_other_calls_are_events_of_their_type(tracker: ConversationTracker, transport: MemoryTransport) -> None:
    conversation = tracker.get_or_create_conversation("c-1")
    conversation.track_action("search", duration_ms=5, tools_used={"index": "a"}, response="r", error_message="e")
    conversation.track_button("buy", "Buy now", "sku-1")
    conversation.submit_feedback(4, "good", rated_by="staff")
    conversation.track_token_usage(prompt_tokens=1, completion_tokens=2, total_tokens=3, embedding_tokens=4, model="m")
    conversation.end_conversation()
    kinds = [type(one) for one in transport.events]
    assert kinds == [ConversationEngaged, Action, Button, Feedback, TokenUsage, ConversationEnded]
    action, feedback = transport.events_of(Action)[0], transport.events_of(Feedback)[0]
    assert (action.duration_ms, action.tools_used, action.error_message) == (5, {"index": "a"}, "e")
    assert (feedback.rating, feedback.comment, feedback.rated_by) == (4, "good", "staff")


def test_the_key_is_agent_and_conversation(transport: MemoryTransport) -> None:
    ConversationTracker("büro", transport=transport).track_human_message("hi", conversation_id="c/1")
    assert transport.records[0].key == "büro/c/1".encode()


def test_an_event_occurs_now_unless_said(tracker: ConversationTracker, transport: MemoryTransport) -> None:
    before = datetime.now(UTC)
    tracker.track_human_message("a", conversation_id="c")
    occurred = datetime.fromisoformat(sent(transport)["occurred_at"])
    assert (datetime.now(UTC) - before).total_seconds() >= 0
    assert -0.001 <= (occurred - before).total_seconds() < 5


def test_times_are_datetimes_or_texts(tracker: ConversationTracker, transport: MemoryTransport) -> None:
    moment = datetime(2026, 4, 1, 12, tzinfo=UTC)
    tracker.track_action(
        "a", started_at=moment, ended_at="2026-04-01T12:00:01", occurred_at=moment, conversation_id="c"
    )
    (action,) = transport.events_of(Action)
    assert (action.started_at, action.ended_at, action.occurred_at) == (1775044800000, 1775044801000, 1775044800000)


def test_what_is_not_given_comes_from_the_settings(transport: MemoryTransport) -> None:
    settings = Settings(agent_id="from-settings", environment="staging")
    ConversationTracker(transport=transport, settings=settings).track_human_message("a", conversation_id="c")
    assert (sent(transport)["agent_id"], sent(transport)["environment"]) == ("from-settings", "staging")


def test_a_dict_that_changes_after_the_call_does_not_change_the_event(
    tracker: ConversationTracker, transport: MemoryTransport
) -> None:
    metadata = {"steps": [1]}
    tracker.track_human_message("a", metadata=metadata, conversation_id="c")
    metadata["steps"].append(2)
    assert sent(transport)["metadata"] == {"steps": [1]}


def test_a_ready_event_goes_out_as_it_is(tracker: ConversationTracker, transport: MemoryTransport) -> None:
    ready = validate_event(event("feedback", agent_id="other", metadata={"a": None}, unknown={"b": None}))
    tracker.emit(ready)
    assert transport.events == [ready]
    assert transport.records[0].key == b"other/c-1"


def test_after_close_events_are_refused_and_counted(tracker: ConversationTracker, transport: MemoryTransport) -> None:
    assert tracker.close() == 0
    tracker.track_human_message("late", conversation_id="c")
    assert tracker.stats().refused == 1
    assert transport.records == []


def test_the_tracker_uses_the_conversation_that_was_opened(
    tracker: ConversationTracker, transport: MemoryTransport
) -> None:
    tracker.get_or_create_conversation("c-1")
    tracker.track_human_message("a")
    tracker.track_human_message("b", conversation_id="c-2")
    tracker.end_conversation()
    assert [one.conversation_id for one in transport.events] == ["c-1", "c-1", "c-2", "c-1"]
    with pytest.raises(InvalidArgument, match=r"conversation_id: .*no current conversation"):
        tracker.track_human_message("c")


def test_a_block_makes_its_conversation_the_current_one_and_gives_back_the_outer(
    tracker: ConversationTracker, transport: MemoryTransport
) -> None:
    with tracker.get_or_create_conversation("outer"):
        with tracker.get_or_create_conversation("inner"):
            tracker.track_human_message("a")
        tracker.track_human_message("b")
    assert [one.conversation_id for one in transport.events_of(Message)] == ["inner", "outer"]
    with pytest.raises(InvalidArgument, match="no current conversation"):
        tracker.track_human_message("c")


def test_two_trackers_have_conversations_of_their_own(tracker: ConversationTracker, transport: MemoryTransport) -> None:
    tracker.get_or_create_conversation("c-1")
    with pytest.raises(InvalidArgument, match="no current conversation"):
        ConversationTracker("other", transport=transport).track_human_message("a")


def test_conversations_in_threads_never_mix(tracker: ConversationTracker, transport: MemoryTransport) -> None:
    barrier = Barrier(8)

    def talk(name: str) -> None:
        tracker.get_or_create_conversation(name)
        for _ in range(50):
            barrier.wait(10)
            tracker.track_human_message(name)

    threads = [Thread(target=talk, args=(f"c-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    messages = transport.events_of(Message)
    assert len(messages) == 400
    assert all(one.content == one.conversation_id for one in messages)


async def test_conversations_in_tasks_never_mix(transport: MemoryTransport) -> None:
    web = AsyncConversationTracker("shop", transport=transport)

    async def talk(name: str) -> None:
        with web.get_or_create_conversation(name):
            for _ in range(20):
                await asyncio.sleep(0)
                web.track_human_message(name)

    async with web:
        await asyncio.gather(*(talk(f"c-{number}") for number in range(8)))
        assert await web.flush(1) == 0
    messages = transport.events_of(Message)
    assert len(messages) == 160
    assert all(one.content == one.conversation_id for one in messages)
    web.track_human_message("late", conversation_id="c")
    assert web.stats().refused == 1
