"""The fields of generated events other than identity and time."""

from collections.abc import Callable

from tests.support.strategies.choices import Choices
from tests.support.strategies.pools import (
    ACTIONS,
    ADDRESSES,
    CUSTOMERS,
    DEVICES,
    DURATIONS,
    ERRORS,
    HOSTILE,
    LANGUAGES,
    RATINGS,
    SOURCES,
)
from tests.support.strategies.timelines import occurred_at

Fields = dict[str, object]

KINDS = (
    "end_user", "end_user", "end_user", "end_user", "agent", "agent", "agent", "agent", "system", "action", "action",
    "button", "conversation_engaged", "conversation_visited", "feedback", "token_usage", "conversation_ended",
    "conversation_ended",
)  # fmt: skip
UNKNOWN_FIELDS: tuple[Fields, ...] = (
    {"unheard_of": {"a": [1, None]}},
    {"url": None},
    {"received_at": 5},
    {"sign": "-1"},
)
UNKNOWN_OUTSIDE_OPENINGS: tuple[Fields, ...] = (
    {"customer_id": "zoe", "device": "mobile", "source": "fax", "language": "fr", "customer_ip_address": "81.2.69.142"},
    {"metadata": {"feedback": "up"}},
    {"device": 5, "source": {}, "customer_id": []},
)


def body(choices: Choices, at: int) -> Fields:
    """Return an event's type, time and own fields, with random nulls and unknown fields."""
    kind = choices.one_of(KINDS)
    write = _WRITERS.get(kind, _message)
    fields: Fields = {"type": kind, "occurred_at": occurred_at(choices, at), **write(choices, kind, at)}
    if choices.chance(10):
        fields["metadata"] = {"note": choices.one_of(HOSTILE), "nothing": None}
    if choices.chance(10):
        fields |= choices.one_of(UNKNOWN_FIELDS)
    if choices.chance(10) and write is not _opening:
        fields |= choices.one_of(UNKNOWN_OUTSIDE_OPENINGS)
    return fields


def _message(choices: Choices, kind: str, at: int) -> Fields:
    fields: Fields = {"type": "message", "sender": kind}
    if choices.chance(80):
        fields["content"] = choices.one_of(("hello", *HOSTILE[:8]))
    if "content" not in fields or choices.chance(10):
        fields["attachments"] = [choices.one_of(({}, {"filename": "photo.jpg", "size_bytes": 5, "mime_type": None}))]
    return fields


def _opening(choices: Choices, kind: str, at: int) -> Fields:
    pools = {
        "customer_id": CUSTOMERS,
        "customer_ip_address": ADDRESSES,
        "device": DEVICES,
        "source": SOURCES,
        "language": LANGUAGES,
        "name": HOSTILE,
    }
    fields: Fields = {name: choices.one_of((*pool, None)) for name, pool in pools.items() if choices.chance(60)}
    if choices.chance(15):
        fields["metadata"] = {"feedback": choices.one_of((*RATINGS, None))}
    return fields


def _action(choices: Choices, kind: str, at: int) -> Fields:
    fields: Fields = {"action_name": choices.one_of(ACTIONS), "error_message": choices.one_of((None, *ERRORS))}
    timing = choices.integer(0, 2)
    if timing == 1:
        fields["duration_ms"] = choices.one_of(DURATIONS)
    elif timing == 2:
        fields["started_at"] = occurred_at(choices, at)
        fields["ended_at"] = occurred_at(choices, at + choices.one_of((0, 1, 250, 90_000, -5)))
    if choices.chance(20):
        fields |= {"tools_used": {"query": choices.one_of(HOSTILE)}, "response": choices.one_of(HOSTILE)}
    return fields


def _button(choices: Choices, kind: str, at: int) -> Fields:
    return {"button_event": choices.one_of(("yes", *HOSTILE[:9])), "label": choices.one_of((None, "", "Yes"))}


def _feedback(choices: Choices, kind: str, at: int) -> Fields:
    fields: Fields = {"rating": choices.one_of(RATINGS), "comment": choices.one_of((None, *HOSTILE))}
    if choices.chance(40):
        fields["rated_by"] = choices.one_of(("customer", "staff", None))
    return fields


def _tokens(choices: Choices, kind: str, at: int) -> Fields:
    return {"total_tokens": choices.one_of((0, 5, 2**53 - 1, None)), "model": choices.one_of(("small", None))}


def _nothing(choices: Choices, kind: str, at: int) -> Fields:
    return {}


_WRITERS: dict[str, Callable[[Choices, str, int], Fields]] = {
    "action": _action,
    "button": _button,
    "conversation_engaged": _opening,
    "conversation_visited": _opening,
    "feedback": _feedback,
    "token_usage": _tokens,
    "conversation_ended": _nothing,
}
