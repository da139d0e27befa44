"""Rows of events for the API: the common fields, and those of each event type."""

from collections.abc import Callable, Mapping
from typing import Any

from dashboard.queries.rows import parsed, plain

Row = dict[str, Any]

_OPENING = ("customer_id", "customer_ip_address", "device", "source", "language", "name")
_TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens", "embedding_tokens")


def event_row(row: Mapping[str, Any]) -> Row:
    """Return an event with the common fields and those of its type."""
    own = _OWN.get(row["type"])
    return {
        "event_id": row["event_id"],
        "type": row["type"],
        "occurred_at": plain(row["occurred_at"]),
        "received_at": plain(row["received_at"]),
        **(own(row) if own else {}),
        "invalid_fields": list(row["invalid_fields"]),
        "metadata": parsed(row["metadata"]),
        "extra": parsed(row["extra"]),
    }


def _opening(row: Mapping[str, Any]) -> Row:
    return {**_texts(row, *_OPENING), "verdict": row["verdict"] or None}


def _message(row: Mapping[str, Any]) -> Row:
    return {"sender": row["sender"], "content": row["content"], "attachments": parsed(row["attachments"])}


def _action(row: Mapping[str, Any]) -> Row:
    milliseconds = row["call_duration_ms"]
    return {
        "action_name": row["call_name"],
        "seconds": None if milliseconds is None else milliseconds / 1000,
        "started_at": plain(row["started_at"]),
        "ended_at": plain(row["ended_at"]),
        "failed": bool(row["failed"]),
        **_texts(row, "error_message", "response"),
        "tools_used": parsed(row["tools_used"]),
    }


def _button(row: Mapping[str, Any]) -> Row:
    return _texts(row, "button_event", "label", "value")


def _feedback(row: Mapping[str, Any]) -> Row:
    return {
        "rating": parsed(row["rating"]),
        "verdict": row["verdict"] or None,
        **_texts(row, "comment"),
        "rated_by": row["rated_by"],
    }


def _tokens(row: Mapping[str, Any]) -> Row:
    return {**{name: row[name] for name in _TOKENS}, **_texts(row, "model")}


def _texts(row: Mapping[str, Any], *names: str) -> Row:
    return {name: row[name] or None for name in names}


_OWN: dict[str, Callable[[Mapping[str, Any]], Row]] = {
    "conversation_visited": _opening,
    "conversation_engaged": _opening,
    "message": _message,
    "action": _action,
    "button": _button,
    "feedback": _feedback,
    "token_usage": _tokens,
}
