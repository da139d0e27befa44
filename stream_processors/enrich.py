"""Enrich: a valid event becomes a row of `events` and the `FoldEvent` that the fold takes.

What the fold needs of an event is derived here, once, and stored with it. Repairs are named in `repaired`.
"""

from collections.abc import Callable
from functools import lru_cache
from sys import intern
from typing import Any, Final

import msgspec
import orjson

from convostream.events import (
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
from convostream.whitespace import is_blank, trim
from stream_processors import fold_events as kinds
from stream_processors import profiles
from stream_processors.conversations import ConversationKey
from stream_processors.durations import call_duration_ms
from stream_processors.enrichment import Enrichment, as_json
from stream_processors.fold_events import Call, FoldEvent, Profile, rank_of
from stream_processors.profiles import read_profile
from stream_processors.ratings import verdict
from stream_processors.records import EARLIEST_TIME, LATEST_TIME

EARLIEST_OCCURRENCE: Final = 946_684_800_000  # 2000-01-01, metrics.md rule 2
CLOCK_TOLERANCE_MS: Final = 300_000
EARLIEST_CALL: Final = -2_208_988_800_000  # 1900-01-01, where ClickHouse's DateTime64 begins
LATEST_CALL: Final = 10_413_791_999_999  # the end of 2299, where it ends

# The columns of `events` that belong to a type, in the order of the values in `EnrichedEvent.own`.
OWN_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "conversation_visited": profiles.COLUMNS,
    "conversation_engaged": profiles.COLUMNS,
    "message": ("sender", "content", "attachments"),
    "action": (
        "action_name",
        "started_at",
        "ended_at",
        "duration_ms",
        "tools_used",
        "response",
        "error_message",
        "call_name",
        "call_duration_ms",
        "failed",
    ),
    "button": ("button_event", "label", "value"),
    "feedback": ("rating", "comment", "rated_by", "verdict"),
    "token_usage": ("prompt_tokens", "completion_tokens", "total_tokens", "embedding_tokens", "model"),
    "conversation_ended": (),
}

SENDER_KINDS: Final = {
    "end_user": kinds.END_USER_MESSAGE,
    "agent": kinds.AGENT_MESSAGE,
    "system": kinds.SILENT,
}


class EnrichedEvent(msgspec.Struct, gc=False):
    """A valid event with all that is derived of it; `own` are the values of its type's `OWN_COLUMNS`."""

    key: ConversationKey
    fold_event: FoldEvent
    type: str
    received_at: int
    repaired: list[str]
    metadata: str | None
    extra: str | None
    own: tuple[object, ...]


Derived = tuple[int, Profile | Call | str | None, tuple[object, ...]]
Derive = Callable[[Any, Enrichment, list[str]], Derived]


def enrich(event: Event, received_at: int | None, enrichment: Enrichment) -> EnrichedEvent:
    """Return the event with all that is derived of it; times in milliseconds since 1970 UTC."""
    repaired: list[str] = []
    occurred_at = event.occurred_at
    if received_at is None:
        received_at = min(max(occurred_at, EARLIEST_TIME), LATEST_TIME)
    if not EARLIEST_OCCURRENCE <= occurred_at <= received_at + CLOCK_TOLERANCE_MS:
        occurred_at = received_at
        repaired.append("occurred_at")
    kind, detail, own = DERIVE[event.type](event, enrichment, repaired)
    return EnrichedEvent(
        _key_of(event.agent_id, event.environment, event.conversation_id),
        FoldEvent(occurred_at, rank_of(kind), event.event_id, kind, detail),
        event.type,
        received_at,
        repaired,
        as_json(event.metadata) if event.metadata else None,
        as_json(event.model_extra) if event.model_extra else None,
        own,
    )


@lru_cache(maxsize=16_384)
def _key_of(agent_id: str, environment: str, conversation_id: str) -> ConversationKey:
    return ConversationKey(intern(agent_id), intern(environment), conversation_id)


def _derive_visit(event: ConversationVisited, enrichment: Enrichment, repaired: list[str]) -> Derived:
    return kinds.VISIT, *read_profile(event, enrichment, repaired)


def _derive_engagement(event: ConversationEngaged, enrichment: Enrichment, repaired: list[str]) -> Derived:
    return kinds.ENGAGEMENT, *read_profile(event, enrichment, repaired)


def _derive_message(message: Message, enrichment: Enrichment, _: list[str]) -> Derived:
    own = (message.sender, enrichment.content(message.content), as_json(message.attachments))
    return SENDER_KINDS[message.sender], None, own


def _derive_action(action: Action, enrichment: Enrichment, repaired: list[str]) -> Derived:
    duration = call_duration_ms(action.duration_ms, action.started_at, action.ended_at)
    if duration.repaired:
        repaired.append("duration_ms")
    call = Call(
        escalates=enrichment.escalation_actions.includes(action.action_name),
        failed=action.error_message is not None and not is_blank(action.error_message),
    )
    own = (
        action.action_name,
        _storable(action.started_at),
        _storable(action.ended_at),
        None if action.duration_ms is None else float(action.duration_ms),
        as_json(action.tools_used),
        enrichment.content(action.response),
        action.error_message,
        trim(action.action_name),
        duration.milliseconds,
        call.failed,
    )
    return kinds.ACTION, call, own


def _storable(at: int | None) -> int | None:
    return at if at is not None and EARLIEST_CALL <= at <= LATEST_CALL else None


def _derive_feedback(feedback: Feedback, enrichment: Enrichment, repaired: list[str]) -> Derived:
    judged = verdict(feedback.rating)
    if judged == "unrecognised":
        repaired.append("rating")
    own = (orjson.dumps(feedback.rating).decode(), enrichment.content(feedback.comment), feedback.rated_by, judged)
    if feedback.rated_by == "staff":
        return kinds.SILENT, None, own
    return kinds.RATING, judged, own


def _derive_button(button: Button, _enrichment: Enrichment, _repaired: list[str]) -> Derived:
    return kinds.BUTTON, None, (button.button_event, button.label, button.value)


def _derive_usage(usage: TokenUsage, _enrichment: Enrichment, _repaired: list[str]) -> Derived:
    tokens = (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens, usage.embedding_tokens)
    return kinds.SILENT, None, (*tokens, usage.model)


def _derive_end(_: ConversationEnded, _enrichment: Enrichment, _repaired: list[str]) -> Derived:
    return kinds.END, None, ()


DERIVE: Final[dict[str, Derive]] = {
    "conversation_visited": _derive_visit,
    "conversation_engaged": _derive_engagement,
    "message": _derive_message,
    "action": _derive_action,
    "button": _derive_button,
    "feedback": _derive_feedback,
    "token_usage": _derive_usage,
    "conversation_ended": _derive_end,
}
"""How to find the kind of an event, what it tells the fold, and the values of its own columns, by its type."""
