"""Validate objects: the fields of the contract, each with a check of its value.

`faults` returns every invalid field; a dead letter's reason must name one of them.
"""

import re
from collections.abc import Callable

from tests.oracle.date_times import read_date_time
from tests.oracle.white_space import is_blank

Fields = dict[str, object]
Check = Callable[[object], bool]

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MAX_INTEGER = 2**53 - 1


def is_text(value: object) -> bool:
    return isinstance(value, str)


def is_filled(value: object) -> bool:
    return isinstance(value, str) and not is_blank(value)


def is_name(longest: int) -> Check:
    return lambda value: isinstance(value, str) and not is_blank(value) and len(value) <= longest


def is_one_of(*allowed: str) -> Check:
    return lambda value: isinstance(value, str) and value in allowed


def is_time(value: object) -> bool:
    return isinstance(value, str) and read_date_time(value) is not None


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INTEGER


def is_object(value: object) -> bool:
    return isinstance(value, dict)


def is_rating(value: object) -> bool:
    return isinstance(value, str | int | float | dict)


def is_attachments(value: object) -> bool:
    return isinstance(value, list) and all(_is_attachment(item) for item in value)


def _is_attachment(item: object) -> bool:
    checks: dict[str, Check] = {"filename": is_text, "mime_type": is_text, "size_bytes": is_count}
    return isinstance(item, dict) and all(item.get(name) is None or check(item[name]) for name, check in checks.items())


COMMON: dict[str, Check] = {
    "event_id": lambda value: isinstance(value, str) and UUID.fullmatch(value) is not None,
    "schema_version": lambda value: is_count(value) and value == 1,
    "agent_id": is_name(200),
    "environment": is_name(64),
    "conversation_id": is_name(255),
    "occurred_at": is_time,
    "metadata": is_object,
}
REQUIRED = ("event_id", "type", "agent_id", "conversation_id", "occurred_at")
OPENING: dict[str, Check] = dict.fromkeys(
    ("customer_id", "customer_ip_address", "device", "source", "language", "name"), is_text
)
OWN: dict[str, dict[str, Check]] = {
    "conversation_visited": OPENING,
    "conversation_engaged": OPENING,
    "message": {
        "sender": is_one_of("end_user", "agent", "system"),
        "content": is_text,
        "attachments": is_attachments,
    },
    "action": {
        "action_name": is_filled,
        "started_at": is_time,
        "ended_at": is_time,
        "duration_ms": is_number,
        "tools_used": is_object,
        "response": is_text,
        "error_message": is_text,
    },
    "button": {"button_event": is_filled, "label": is_text, "value": is_text},
    "feedback": {"rating": is_rating, "comment": is_text, "rated_by": is_one_of("customer", "staff")},
    "token_usage": {
        **dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens", "embedding_tokens"), is_count),
        "model": is_text,
    },
    "conversation_ended": {},
}
OWN_REQUIRED: dict[str, tuple[str, ...]] = {
    "message": ("sender",),
    "action": ("action_name",),
    "button": ("button_event",),
    "feedback": ("rating",),
}


def without_nulls(fields: Fields) -> Fields:
    """Return the object without the fields that are absent."""
    return {name: value for name, value in fields.items() if value is not None}


def faults(fields: Fields) -> frozenset[str]:
    """Return the fields (nulls already removed) that make the object a dead letter; none for an event."""
    given = fields.get("type")
    kind = given if isinstance(given, str) else ""
    own = OWN.get(kind, {})
    wrong = {name for name, check in (COMMON | own).items() if name in fields and not check(fields[name])}
    wrong.update(name for name in (*REQUIRED, *OWN_REQUIRED.get(kind, ())) if name not in fields)
    if kind not in OWN:
        wrong.add("type")
    if kind == "message" and not wrong & own.keys() and _is_empty(fields):
        wrong.update(("content", "attachments"))
    return frozenset(wrong)


def _is_empty(message: Fields) -> bool:
    return not is_filled(message.get("content", "")) and not message.get("attachments")
