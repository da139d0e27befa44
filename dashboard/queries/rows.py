"""Rows of the lists with the field names of the API, UTC times, booleans and parsed JSON."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson

from dashboard.catalogue import ListName
from dashboard.queries.list_queries import CONVERSATION_COLUMNS
from dashboard.queries.times import iso

Row = dict[str, Any]
MILLISECOND_SECONDS = 1000
CONVERSATION = frozenset(CONVERSATION_COLUMNS.split(", "))


def plain(value: Any) -> Any:
    """Return a value that JSON can hold."""
    return iso(value) if isinstance(value, datetime) else value


def parsed(text: str) -> Any:
    """Parse a JSON text; an empty one is None."""
    return orjson.loads(text) if text else None


def seconds_between(first: datetime | None, second: datetime | None) -> float | None:
    """Return the seconds between two times, rounded to the millisecond."""
    if first is None or second is None:
        return None
    return round((second - first).total_seconds() * MILLISECOND_SECONDS) / MILLISECOND_SECONDS


def conversation_row(row: Mapping[str, Any]) -> Row:
    """Return a conversation; the caller adds `name`, `messages` and `actions`."""
    columns = {name: plain(value) for name, value in row.items() if name in CONVERSATION}
    truths = {name: bool(row[name]) for name in ("escalated", "escalation_failed")}
    texts = {name: row[name] or None for name in ("customer", "rating")}
    return {**columns, **truths, **texts}


def message_row(row: Mapping[str, Any]) -> Row:
    """Return a message."""
    return {
        "conversation_id": row["conversation_id"],
        "occurred_at": plain(row["occurred_at"]),
        "sender": row["sender"],
        "content": row["beginning"],
        "characters": row["characters"],
        "attachments": parsed(row["few_attachments"]),
        "event_id": row["key_2"],
    }


def action_row(row: Mapping[str, Any]) -> Row:
    """Return an action."""
    return {
        "conversation_id": row["conversation_id"],
        "occurred_at": plain(row["occurred_at"]),
        "action_name": row["call_name"],
        "seconds": row["seconds"],
        "failed": bool(row["failed"]),
        "error_message": row["error"] or None,
        "started_at": plain(row["started_at"]),
        "ended_at": plain(row["ended_at"]),
        "event_id": row["key_2"],
    }


def exchange_row(row: Mapping[str, Any]) -> Row:
    """Return an exchange, or a question that waits for an answer or never got one."""
    asked, last, answered = row["asked_at"], row["last_asked_at"], row["answered_at"]
    seconds = seconds_between(asked, answered)
    if seconds is None:
        state = "unanswered" if row["closed"] else "waiting"
    else:
        state = "measured" if seconds * MILLISECOND_SECONDS >= 5 else "not_measured"
    return {
        "conversation_id": row.get("conversation_id"),
        "asked_at": plain(asked),
        "last_asked_at": plain(last),
        "answered_at": plain(answered),
        "state": state,
        "seconds": seconds,
        "seconds_from_last_message": seconds_between(last, answered),
    }


def session_row(row: Mapping[str, Any]) -> Row:
    """Return a session; its duration lasts to the explicit end if there is one."""
    started, last, ended = row["started_at"], row["last_activity_at"], row["ended_at"]
    closed = "measured" if row["activities"] >= 2 else "single_activity"
    return {
        "conversation_id": row.get("conversation_id"),
        "started_at": plain(started),
        "last_activity_at": plain(last),
        "ended_at": plain(ended),
        "state": closed if row["closed"] else "open",
        "seconds": seconds_between(started, ended or last),
        "activities": row["activities"],
    }


def customer_row(row: Mapping[str, Any]) -> Row:
    """Return a customer with a message in the range."""
    return {
        "customer": row["key_1"],
        "conversations": row["conversations"],
        "first_message_at": plain(row["first_message_at"]),
        "new": bool(row["new"]),
    }


ROWS: dict[ListName, Callable[[Mapping[str, Any]], Row]] = {
    "conversations": conversation_row,
    "messages": message_row,
    "actions": action_row,
    "exchanges": exchange_row,
    "sessions": session_row,
    "customers": customer_row,
}
