"""The SDK calls of the demo, each as a function that is called when it is due.

Most call a method of the tracker. Two kinds of events are built here and emitted: those with a user-agent string as the
device (the methods accept desktop, tablet and mobile), and messages that are sent twice.
"""

import uuid
from collections.abc import Callable, Mapping
from typing import Final, Literal

from convostream import ConversationEngaged, ConversationTracker, ConversationVisited, Message, new_event_id
from convostream.contract.date_times import format_date_time
from examples.demo.attributes import Attributes, Rating
from examples.demo.transcripts import ModelCall, ToolCall, Transcript, Utterance

AGENT_ID: Final = "support-desk"
ENVIRONMENT: Final = "production"

Call = Callable[[ConversationTracker], None]

_PLAIN_DEVICES: Final[dict[str | None, Literal["desktop", "tablet", "mobile"] | None]] = {
    None: None,
    "desktop": "desktop",
    "tablet": "tablet",
    "mobile": "mobile",
}
_CHARACTERS_PER_TOKEN: Final = 4


def visit(attributes: Attributes, at_ms: int) -> Call:
    """Return the call for a visit: a person opens the widget; the customer id is sent later."""

    def call(tracker: ConversationTracker) -> None:
        if attributes.device not in _PLAIN_DEVICES:
            fields = {**_opening(attributes, at_ms), "customer_id": None}
            tracker.emit(ConversationVisited.model_validate(fields))
            return
        tracker.initialize_conversation(
            attributes.conversation_id,
            customer_ip_address=attributes.customer_ip_address,
            device=_PLAIN_DEVICES[attributes.device],
            source=attributes.source,
            language=attributes.language,
            occurred_at=format_date_time(at_ms),
        )

    return call


def engage(attributes: Attributes, transcript: Transcript, at_ms: int, feedback: Rating | None = None) -> Call:
    """Return the call that begins or continues a conversation, with a rating in the metadata if there is one."""
    metadata: dict[str, object] = {"domain": transcript.domain, "transcript": transcript.id}
    if feedback is not None:
        metadata["feedback"] = feedback

    def call(tracker: ConversationTracker) -> None:
        if attributes.device not in _PLAIN_DEVICES:
            fields = {**_opening(attributes, at_ms), "metadata": metadata, "name": transcript.domain}
            tracker.emit(ConversationEngaged.model_validate(fields))
            return
        tracker.get_or_create_conversation(
            attributes.conversation_id,
            attributes.customer_id,
            attributes.customer_ip_address,
            _PLAIN_DEVICES[attributes.device],
            attributes.source,
            attributes.language,
            metadata,
            name=transcript.domain,
            occurred_at=format_date_time(at_ms),
        )

    return call


def say(conversation_id: str, utterance: Utterance, at_ms: int) -> Call:
    """Return the call for a message of the end user or the agent."""
    when, text = format_date_time(at_ms), utterance.content
    if utterance.sender == "end_user":
        return lambda tracker: tracker.track_human_message(text, occurred_at=when, conversation_id=conversation_id)
    return lambda tracker: tracker.track_agent_message(text, occurred_at=when, conversation_id=conversation_id)


def repeat(conversation_id: str, utterance: Utterance, at_ms: int) -> Call:
    """Return the call for a message whose id is the same whenever it is sent."""
    message = Message.model_validate(
        {
            **_scope(conversation_id, at_ms),
            "event_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{conversation_id}/{at_ms}")),
            "sender": utterance.sender,
            "content": utterance.content,
        }
    )
    return lambda tracker: tracker.emit(message)


def note(conversation_id: str, text: str, at_ms: int) -> Call:
    """Return the call for a system message, which no metric counts as a message."""
    when = format_date_time(at_ms)
    return lambda tracker: tracker.track_system_message(text, occurred_at=when, conversation_id=conversation_id)


def act(conversation_id: str, call: ToolCall, start_ms: int) -> Call:
    """Return the call for an action: the agent called a tool."""
    ended_at = format_date_time(start_ms + call.ended_ms)
    return lambda tracker: tracker.track_action(
        call.name,
        started_at=format_date_time(start_ms + call.at_ms),
        ended_at=ended_at,
        duration_ms=call.duration_ms,
        tools_used=call.arguments,
        response=None if call.failed else call.answer,
        error_message=call.answer if call.failed else None,
        occurred_at=ended_at,
        conversation_id=conversation_id,
    )


def click(conversation_id: str, label: str, value: str, at_ms: int) -> Call:
    """Return the call for a click of the end user on a quick reply."""
    when = format_date_time(at_ms)
    return lambda tracker: tracker.track_button(
        "quick_reply", label, value, occurred_at=when, conversation_id=conversation_id
    )


def rate(conversation_id: str, rating: Rating, at_ms: int, *, by_staff: bool = False) -> Call:
    """Return the call for a rating by the customer or by staff."""
    when = format_date_time(at_ms)
    return lambda tracker: tracker.submit_feedback(
        rating, rated_by="staff" if by_staff else "customer", occurred_at=when, conversation_id=conversation_id
    )


def use_tokens(conversation_id: str, transcript: Transcript, call: ModelCall, at_ms: int) -> Call:
    """Return the call for the tokens of a model call: real ones of the prompt, estimated ones of the answer."""
    answered = -(-call.answer_characters // _CHARACTERS_PER_TOKEN)
    return lambda tracker: tracker.track_token_usage(
        prompt_tokens=call.prompt_tokens,
        completion_tokens=answered,
        total_tokens=call.prompt_tokens + answered,
        model=transcript.model,
        occurred_at=format_date_time(at_ms),
        conversation_id=conversation_id,
    )


def end(conversation_id: str, at_ms: int) -> Call:
    """Return the call that ends a conversation."""
    when = format_date_time(at_ms)
    return lambda tracker: tracker.end_conversation(occurred_at=when, conversation_id=conversation_id)


def _opening(attributes: Attributes, at_ms: int) -> Mapping[str, object]:
    return {
        **_scope(attributes.conversation_id, at_ms),
        "event_id": new_event_id(),
        "customer_id": attributes.customer_id,
        "customer_ip_address": attributes.customer_ip_address,
        "device": attributes.device,
        "source": attributes.source,
        "language": attributes.language,
    }


def _scope(conversation_id: str, at_ms: int) -> Mapping[str, object]:
    return {
        "agent_id": AGENT_ID,
        "environment": ENVIRONMENT,
        "conversation_id": conversation_id,
        "occurred_at": format_date_time(at_ms),
    }
