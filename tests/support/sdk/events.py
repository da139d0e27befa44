"""A valid event of each type, and changed copies of it."""

from typing import Any

EVENT_ID = "01964c3e-8a00-7000-8000-000000000001"

OWN: dict[str, dict[str, object]] = {
    "conversation_visited": {"customer_id": "u-1", "device": "mobile"},
    "conversation_engaged": {"source": "web", "language": "en", "name": "A title"},
    "message": {"sender": "end_user", "content": "Hello"},
    "action": {"action_name": "search", "duration_ms": 12.5},
    "button": {"button_event": "buy", "label": "Buy", "value": "1"},
    "feedback": {"rating": "up"},
    "token_usage": {"prompt_tokens": 5, "model": "m"},
    "conversation_ended": {},
}


def event(kind: Any = "message", **changed: Any) -> dict[str, Any]:
    """Return a valid event of this type as JSON would hold it, with these fields changed."""
    return {
        "event_id": EVENT_ID,
        "type": kind,
        "schema_version": 1,
        "agent_id": "shop",
        "environment": "production",
        "conversation_id": "c-1",
        "occurred_at": "2026-04-01T12:00:00.123Z",
        **(OWN.get(kind, {}) if isinstance(kind, str) else {}),
        **changed,
    }


def without(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the event without these fields."""
    return {name: value for name, value in fields.items() if name not in names}
