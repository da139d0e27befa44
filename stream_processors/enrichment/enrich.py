"""Derives from valid events the columns of the table `events`, and the `FoldEvent`s for the fold.

Everything that the fold needs of an event is derived once, here, and stored with the event. Events of one type are
enriched together, because building columns costs a fraction of building objects with attributes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from operator import attrgetter
from typing import Any, Final

import orjson

from convostream.contract.events import (
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
from convostream.contract.whitespace import is_blank, trim
from stream_processors.conversations import events as kinds
from stream_processors.conversations.events import CALLS, SENDER_KINDS, Call, FoldEvent, Profile
from stream_processors.conversations.key import ConversationKey
from stream_processors.conversations.values import CLOCK_TOLERANCE_MS, EARLIEST_TIME
from stream_processors.enrichment import profiles
from stream_processors.enrichment.durations import EARLIEST_MS, LATEST_MS, call_duration_ms
from stream_processors.enrichment.policy import Enrichment, as_json
from stream_processors.enrichment.profiles import read_profile
from stream_processors.enrichment.ratings import verdict

# The columns of `events` that only some types have, by type and in the order of `EnrichedEvents.own`.
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


# The names of invalid fields, by the index of their event.
InvalidFields = dict[int, list[str]]


@dataclass(frozen=True, slots=True)
class EnrichedEvents:
    """Valid events of one type with everything derived from them, as columns; `own` has the type's `OWN_COLUMNS`."""

    type: str
    keys: Sequence[ConversationKey]
    fold_events: Sequence[FoldEvent]
    received_at: Sequence[int]
    invalid_fields: Mapping[int, list[str]]
    metadata: Sequence[str | None]
    extra: Sequence[str | None]
    own: Sequence[Sequence[object]]

    def __len__(self) -> int:
        return len(self.keys)


Detail = Profile | Call | str | None

# Of events of one type: their kinds, their details for the fold, and the columns of the type.
Derived = tuple[Sequence[int], Sequence[Detail], Sequence[Sequence[object]]]

Derive = Callable[[Sequence[Any], Enrichment, InvalidFields], Derived]
DerivedOne = tuple[int, Detail, tuple[object, ...]]
DeriveOne = Callable[[Any, Enrichment, list[str]], DerivedOne]


def enrich(events: Sequence[Event], received_at: Sequence[int], enrichment: Enrichment) -> EnrichedEvents:
    """Return events of one type with everything derived from them; times are in milliseconds since 1970 UTC."""
    invalid_fields: InvalidFields = {}
    occurred = _times(events, received_at, invalid_fields)
    event_kinds, details, own = DERIVE[events[0].type](events, enrichment, invalid_fields)
    ranks, ids = [kinds.RANKS[kind] for kind in event_kinds], [event.event_id for event in events]
    type_, policy = events[0].type, enrichment.content
    metadata = [as_json(event.metadata) if event.metadata else None for event in events]
    extra = [as_json(event.model_extra) if event.model_extra else None for event in events]
    if not policy.keeps_all:
        own = policy.columns(OWN_COLUMNS[type_], own)
        metadata, extra = policy.json_column("metadata", metadata), policy.json_column("extra", extra)
    return EnrichedEvents(
        type_,
        list(map(_key, map(_identity, events))),
        list(map(FoldEvent, occurred, ranks, ids, event_kinds, details)),
        received_at,
        invalid_fields,
        metadata,
        extra,
        own,
    )


def _times(events: Sequence[Event], received_at: Sequence[int], invalid_fields: InvalidFields) -> list[int]:
    """Return the times of events; rule 2 of docs/metrics.md replaces a time out of range by that of receipt."""
    occurred = [event.occurred_at for event in events]
    if min(occurred) < EARLIEST_TIME or max(occurred) > min(received_at) + CLOCK_TOLERANCE_MS:
        for index, (at, received) in enumerate(zip(occurred, received_at, strict=True)):
            if not EARLIEST_TIME <= at <= received + CLOCK_TOLERANCE_MS:
                occurred[index] = received
                invalid_fields[index] = ["occurred_at"]
    return occurred


_identity: Final = attrgetter(*ConversationKey._fields)
_key: Final[Callable[[object], ConversationKey]] = partial(tuple.__new__, ConversationKey)  # half the time


def one_by_one(derive: DeriveOne) -> Derive:
    """Return a function that derives columns from one that derives the values of one event."""

    def derive_all(events: Sequence[Any], enrichment: Enrichment, invalid_fields: InvalidFields) -> Derived:
        derived = []
        for index, event in enumerate(events):
            fields: list[str] = []
            derived.append(derive(event, enrichment, fields))
            if fields:
                invalid_fields[index] = invalid_fields.get(index, []) + fields
        event_kinds, details, own = zip(*derived, strict=True)
        return event_kinds, details, list(zip(*own, strict=True))

    return derive_all


def _derive_messages(messages: Sequence[Message], _enrichment: Enrichment, _: InvalidFields) -> Derived:
    senders = [message.sender for message in messages]
    contents = [message.content for message in messages]
    attachments = [as_json(message.attachments) if message.attachments else None for message in messages]
    event_kinds = [SENDER_KINDS[sender] for sender in senders]
    return event_kinds, list(repeat(None, len(messages))), (senders, contents, attachments)


def _derive_visit(event: ConversationVisited, enrichment: Enrichment, invalid_fields: list[str]) -> DerivedOne:
    return kinds.VISIT, *read_profile(event, enrichment, invalid_fields)


def _derive_engagement(event: ConversationEngaged, enrichment: Enrichment, invalid_fields: list[str]) -> DerivedOne:
    return kinds.ENGAGEMENT, *read_profile(event, enrichment, invalid_fields)


def _derive_action(action: Action, enrichment: Enrichment, invalid_fields: list[str]) -> DerivedOne:
    duration = call_duration_ms(action.duration_ms, action.started_at, action.ended_at)
    if duration.is_invalid:
        invalid_fields.append("duration_ms")
    escalates = enrichment.escalation_actions.includes(action.action_name)
    call = CALLS[escalates, action.error_message is not None and not is_blank(action.error_message)]
    own = (
        action.action_name,
        _storable(action.started_at),
        _storable(action.ended_at),
        None if action.duration_ms is None else float(action.duration_ms),
        as_json(action.tools_used),
        action.response,
        action.error_message,
        trim(action.action_name),
        duration.milliseconds,
        call.failed,
    )
    return kinds.ACTION, call, own


def _storable(at: int | None) -> int | None:
    return at if at is not None and EARLIEST_MS <= at <= LATEST_MS else None


def _derive_feedback(feedback: Feedback, _enrichment: Enrichment, invalid_fields: list[str]) -> DerivedOne:
    rating = verdict(feedback.rating)
    if rating == "unrecognised":
        invalid_fields.append("rating")
    own = (orjson.dumps(feedback.rating).decode(), feedback.comment, feedback.rated_by, rating)
    if feedback.rated_by == "staff":
        return kinds.SILENT, None, own
    return kinds.RATING, rating, own


def _derive_button(button: Button, _enrichment: Enrichment, _invalid_fields: list[str]) -> DerivedOne:
    return kinds.BUTTON, None, (button.button_event, button.label, button.value)


def _derive_usage(usage: TokenUsage, _enrichment: Enrichment, _invalid_fields: list[str]) -> DerivedOne:
    tokens = (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens, usage.embedding_tokens)
    return kinds.SILENT, None, (*tokens, usage.model)


def _derive_end(_: ConversationEnded, _enrichment: Enrichment, _invalid_fields: list[str]) -> DerivedOne:
    return kinds.END, None, ()


# The function of each type that derives its kinds, details and own columns.
DERIVE: Final[dict[str, Derive]] = {
    "conversation_visited": one_by_one(_derive_visit),
    "conversation_engaged": one_by_one(_derive_engagement),
    "message": _derive_messages,
    "action": one_by_one(_derive_action),
    "button": one_by_one(_derive_button),
    "feedback": one_by_one(_derive_feedback),
    "token_usage": one_by_one(_derive_usage),
    "conversation_ended": one_by_one(_derive_end),
}
