"""Timed actions: duration, errors, and that the agent's own exceptions pass unchanged."""

import asyncio
from collections.abc import Mapping

import pytest

from convostream import Action, ConversationTracker
from convostream.testing import MemoryTransport
from convostream.tracking.timed_action import TimedAction, describe


@pytest.fixture
def transport() -> MemoryTransport:
    return MemoryTransport()


@pytest.fixture
def tracker(transport: MemoryTransport) -> ConversationTracker:
    return ConversationTracker("shop", transport=transport)


def test_a_call_is_timed_by_the_stopwatch_and_dated_by_the_wall_clock() -> None:
    recorded: list[Mapping[str, object]] = []
    ticks = iter([0, 1_500_000_000])
    with TimedAction("search", recorded.append, wall_clock=lambda: 1_775_044_800.0, stopwatch_ns=lambda: next(ticks)):
        pass
    (call,) = recorded
    assert call["duration_ms"] == 1500
    assert str(call["started_at"]) == "2026-04-01 12:00:00+00:00"
    assert str(call["ended_at"]) == "2026-04-01 12:00:01.500000+00:00"


def test_what_is_set_on_the_call_goes_into_the_event(tracker: ConversationTracker, transport: MemoryTransport) -> None:
    with tracker.action("search", conversation_id="c-1") as call:
        call.response = "found"
        call.tools_used = {"index": "products"}
        call.metadata = {"try": 2}
    (action,) = transport.events_of(Action)
    assert (action.response, action.tools_used, action.metadata) == ("found", {"index": "products"}, {"try": 2})
    assert action.error_message is None
    assert isinstance(action.duration_ms, float)


def test_an_exception_is_recorded_and_passes_through(tracker: ConversationTracker, transport: MemoryTransport) -> None:
    error = TimeoutError("the shop is slow")
    with pytest.raises(TimeoutError) as raised, tracker.action("search", conversation_id="c-1"):
        raise error
    assert raised.value is error
    assert transport.events_of(Action)[0].error_message == "TimeoutError: the shop is slow"


def test_a_detail_that_is_not_allowed_never_replaces_the_exception(
    tracker: ConversationTracker, transport: MemoryTransport
) -> None:
    call = tracker.action("search", conversation_id="c-1")
    call.response = 5  # type: ignore[assignment]
    with pytest.raises(KeyError), call:
        raise KeyError("x")
    (action,) = transport.events_of(Action)
    assert (action.error_message, action.response) == ("KeyError: 'x'", None)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(ValueError(), "ValueError", id="no text"),
        pytest.param(ValueError("\ud800"), "ValueError: ?", id="a lone surrogate"),
        pytest.param(ValueError("x" * 5000), "ValueError: " + "x" * 1988, id="a long text is cut"),
    ],
)
def test_an_error_message_is_never_blank_and_always_text(error: Exception, text: str) -> None:
    assert describe(error) == text


def test_a_decorated_function_is_an_action_of_the_current_conversation(
    tracker: ConversationTracker, transport: MemoryTransport
) -> None:
    @tracker.timed_action("double")
    def double(number: int) -> int:
        """Double it."""
        return number * 2

    with tracker.get_or_create_conversation("c-1"):
        assert double(4) == 8
    assert double.__doc__ == "Double it."
    (action,) = transport.events_of(Action)
    assert (action.action_name, action.conversation_id) == ("double", "c-1")


async def test_a_decorated_coroutine_is_timed_while_it_is_awaited(
    tracker: ConversationTracker, transport: MemoryTransport
) -> None:
    @tracker.timed_action("wait")
    async def wait() -> str:
        await asyncio.sleep(0.02)
        return "done"

    with tracker.get_or_create_conversation("c-1"):
        assert await wait() == "done"
    duration = transport.events_of(Action)[0].duration_ms
    assert duration is not None
    assert duration >= 15


async def test_a_cancelled_coroutine_is_a_failed_action(
    tracker: ConversationTracker, transport: MemoryTransport
) -> None:
    @tracker.timed_action("wait")
    async def wait() -> None:
        await asyncio.sleep(10)

    with tracker.get_or_create_conversation("c-1"):
        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert transport.events_of(Action)[0].error_message == "CancelledError"


def test_a_decorated_function_runs_untracked_outside_of_a_conversation(
    tracker: ConversationTracker, transport: MemoryTransport
) -> None:
    assert tracker.timed_action("double")(lambda number: number * 2)(4) == 8
    assert transport.records == []


def test_a_handle_times_its_own_conversation(tracker: ConversationTracker, transport: MemoryTransport) -> None:
    conversation = tracker.get_or_create_conversation("c-1")
    tracker.get_or_create_conversation("c-2")
    conversation.timed_action("double")(lambda: None)()
    assert transport.events_of(Action)[0].conversation_id == "c-1"
