"""Enrich: a valid event becomes a row of `events` and the `FoldEvent` that the fold takes.

What the fold needs of an event is derived here, once, and stored with it. Repairs are named in `repaired`.
"""

from typing import Final, NamedTuple

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


class EnrichedEvent(NamedTuple):
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


def enrich(event: Event, received_at: int | None, enrichment: Enrichment) -> EnrichedEvent:
    """Return the event with all that is derived of it; times in milliseconds since 1970 UTC."""
    repaired: list[str] = []
    occurred_at = event.occurred_at
    if received_at is None:
        received_at = min(max(occurred_at, EARLIEST_TIME), LATEST_TIME)
    if not EARLIEST_OCCURRENCE <= occurred_at <= received_at + CLOCK_TOLERANCE_MS:
        occurred_at = received_at
        repaired.append("occurred_at")
    kind, detail, own = derive(event, enrichment, repaired)
    return EnrichedEvent(
        ConversationKey(event.agent_id, event.environment, event.conversation_id),
        FoldEvent(occurred_at, rank_of(kind), event.event_id, kind, detail),
        event.type,
        received_at,
        repaired,
        as_json(event.metadata),
        as_json(event.model_extra),
        own,
    )


def derive(event: Event, enrichment: Enrichment, repaired: list[str]) -> Derived:
    """Return the kind of an event, what it tells the fold, and the values of its own columns."""
    match event:
        case Message():
            own = (event.sender, enrichment.content(event.content), as_json(event.attachments))
            return SENDER_KINDS[event.sender], None, own
        case Action():
            return _derive_action(event, enrichment, repaired)
        case Button():
            return kinds.BUTTON, None, (event.button_event, event.label, event.value)
        case ConversationVisited() | ConversationEngaged():
            kind = kinds.VISIT if isinstance(event, ConversationVisited) else kinds.ENGAGEMENT
            return kind, *read_profile(event, enrichment, repaired)
        case Feedback():
            return _derive_feedback(event, enrichment, repaired)
        case TokenUsage():
            tokens = (event.prompt_tokens, event.completion_tokens, event.total_tokens, event.embedding_tokens)
            return kinds.SILENT, None, (*tokens, event.model)
        case ConversationEnded():
            return kinds.END, None, ()


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
