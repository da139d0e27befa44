"""Bad arguments raise at once and name the argument, the type of what was given and what is allowed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from convostream import ConversationTracker, InvalidArgument
from convostream.testing import MemoryTransport

Call = Callable[[Any], object]


@pytest.fixture
def transport() -> MemoryTransport:
    return MemoryTransport()


@pytest.fixture
def tracker(transport: MemoryTransport) -> ConversationTracker:
    tracker = ConversationTracker("shop", transport=transport)
    tracker.get_or_create_conversation("c-1")
    transport.clear()
    return tracker


def nested(levels: int) -> dict[str, object]:
    value: dict[str, object] = {}
    for _ in range(levels - 1):
        value = {"inner": value}
    return value


def cycle() -> dict[str, object]:
    value: dict[str, object] = {}
    value["again"] = value
    return value


BAD: list[tuple[str, Call, str]] = [
    (
        "blank content",
        lambda t: t.track_human_message("  "),
        "content: given was a string of 2 characters; blank.*at least one attachment",
    ),
    ("no content", lambda t: t.track_agent_message(None), "content: given was None"),
    (
        "content of bytes",
        lambda t: t.track_human_message(b"a"),
        "content: given was a value of type bytes and length 1; not a string",
    ),
    ("a lone surrogate", lambda t: t.track_human_message("\ud800"), "content: .*not JSON"),
    (
        "an unknown device",
        lambda t: t.get_or_create_conversation("c", device="tv"),
        "device: given was a string of 2 characters; allowed are",
    ),
    (
        "an empty conversation",
        lambda t: t.get_or_create_conversation(""),
        "conversation_id: given was a string of 0 characters; blank",
    ),
    (
        "a long conversation",
        lambda t: t.track_button("b", conversation_id="c" * 256),
        r"conversation_id: .*256 characters",
    ),
    (
        "another conversation on a handle",
        lambda t: t.get_or_create_conversation("c").track_button("b", conversation_id="d"),
        "conversation_id: given was a string of 1 characters",
    ),
    (
        "a customer that is a number",
        lambda t: t.initialize_conversation("c", 7),
        "customer_id: given was a value of type int; not a string",
    ),
    ("a blank action", lambda t: t.track_action(" "), "action_name: given was a string of 1 characters; blank"),
    ("a blank timed action", lambda t: t.action(" "), "action_name: given was a string of 1 characters; blank"),
    ("a decorator without a name", lambda t: t.timed_action(print), "action_name: .*builtin_function_or_method"),
    ("a generator function", lambda t: t.timed_action("a")(numbers), "function: .*a generator"),
    (
        "a duration as text",
        lambda t: t.track_action("a", duration_ms="5"),
        "duration_ms: given was a string of 1 characters.*finite number",
    ),
    (
        "a duration of NaN",
        lambda t: t.track_action("a", duration_ms=float("nan")),
        "duration_ms: given was a value of type float",
    ),
    ("a list of tools", lambda t: t.track_action("a", tools_used=["x"]), "tools_used: given was a value of type list"),
    (
        "seconds as a time",
        lambda t: t.track_action("a", started_at=5),
        "started_at: given was a value of type int; not a string",
    ),
    (
        "words as a time",
        lambda t: t.track_button("b", occurred_at="now"),
        "occurred_at: given was a string of 3 characters; not a date-time",
    ),
    ("a list as rating", lambda t: t.submit_feedback([1]), "rating: given was a value of type list"),
    ("no rating", lambda t: t.submit_feedback(None), "rating: given was None; missing"),
    (
        "an unknown rater",
        lambda t: t.submit_feedback(1, rated_by="me"),
        "rated_by: given was a string of 2 characters.*customer, staff",
    ),
    (
        "5.0 tokens",
        lambda t: t.track_token_usage(prompt_tokens=5.0),
        "prompt_tokens: given was a value of type float; not an integer",
    ),
    (
        "a huge number of tokens",
        lambda t: t.track_token_usage(total_tokens=10**5000),
        "total_tokens: .*type int; too large",
    ),
    (
        "an attachment of text",
        lambda t: t.track_human_message("a", attachments=["x"]),
        r"attachments\[0\]: .*not an object",
    ),
    ("metadata of a list", lambda t: t.end_conversation(metadata=[]), "metadata: given was a value of type list"),
    ("metadata with NaN", lambda t: t.track_button("b", metadata={"a": float("nan")}), "metadata: .*not JSON"),
    ("metadata with an object", lambda t: t.track_button("b", metadata={"a": object()}), "metadata: .*not JSON"),
    ("metadata with a cycle", lambda t: t.track_button("b", metadata=cycle()), "metadata: .*not JSON"),
    ("a number as a key", lambda t: t.track_button("b", metadata={1: 2}), "metadata: "),
    (
        "metadata that is too deep",
        lambda t: t.track_button("b", metadata=nested(64)),
        "metadata: .*allowed are 64 levels",
    ),
    ("metadata that is far too deep", lambda t: t.track_button("b", metadata=nested(900)), "metadata: "),
    ("a mebibyte of text", lambda t: t.track_human_message("a" * 2**20), "content: .*allowed are 1048576 bytes"),
    ("an event that is none", lambda t: t.emit({"type": "message"}), "event: given was a value of type dict"),
]


def numbers() -> Any:
    yield 1


@pytest.mark.parametrize(("call", "message"), [pytest.param(*case[1:], id=case[0]) for case in BAD])
def test_a_bad_argument_raises_at_once(
    tracker: ConversationTracker, transport: MemoryTransport, call: Call, message: str
) -> None:
    with pytest.raises(InvalidArgument, match=message):
        call(tracker)
    assert not [record for record in transport.records if b"conversation_engaged" not in record.value]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"agent_id": " "}, "agent_id: given was a string of 1 characters; blank", id="a blank agent"),
        pytest.param({"agent_id": "a" * 201}, "agent_id: .*too long", id="a long agent"),
        pytest.param(
            {"agent_id": "a", "environment": ""},
            "environment: given was a string of 0 characters",
            id="an empty environment",
        ),
        pytest.param({}, "agent_id: given was None; .*CONVOSTREAM_AGENT_ID", id="no agent at all"),
    ],
)
def test_a_tracker_needs_an_agent_and_an_environment(
    arguments: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONVOSTREAM_AGENT_ID", raising=False)
    with pytest.raises(InvalidArgument, match=message):
        ConversationTracker(**arguments, transport=MemoryTransport())  # type: ignore[arg-type]


def test_an_error_names_its_argument(tracker: ConversationTracker) -> None:
    with pytest.raises(InvalidArgument) as raised:
        tracker.track_button("b", occurred_at="x" * 5000)
    assert len(str(raised.value)) < 300
    assert raised.value.argument == "occurred_at"


def test_the_deepest_allowed_nesting_is_64_levels_with_the_event(
    tracker: ConversationTracker, transport: MemoryTransport
) -> None:
    tracker.track_button("b", metadata=nested(63))
    assert len(transport.records) == 1


def test_what_has_an_obvious_json_form_is_taken(tracker: ConversationTracker, transport: MemoryTransport) -> None:
    moment = datetime(2026, 4, 1, tzinfo=UTC)
    tracker.track_button("b", metadata={"at": moment, "id": UUID(int=1), "tags": ("a",), "text": "NaN"})
    assert transport.events[0].metadata == {
        "at": "2026-04-01T00:00:00Z",
        "id": "00000000-0000-0000-0000-000000000001",
        "tags": ["a"],
        "text": "NaN",
    }
