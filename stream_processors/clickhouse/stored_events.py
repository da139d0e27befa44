"""Stored events, each once: what everything that is derived anew from `events` reads.

No event is there twice; should one ever be, one of its rows counts until `audit --repair` leaves the first alone.
"""

from typing import Final

IDENTITY: Final = "agent_id, environment, conversation_id, event_id"


def events_once(condition: str) -> str:
    """Return the source of the events that fulfil a condition, made of integers; it stands after FROM."""
    return f"(SELECT * FROM events WHERE {condition} LIMIT 1 BY {IDENTITY})"  # noqa: S608 - integers
