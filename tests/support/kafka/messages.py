"""Single messages as producers in any language write them."""

import json
import uuid
from datetime import UTC, datetime


def message(agent_id: str, conversation_id: str) -> tuple[bytes, bytes]:
    """Return key and value of a message of now."""
    event = {
        "event_id": str(uuid.uuid4()),
        "type": "message",
        "agent_id": agent_id,
        "conversation_id": conversation_id,
        "sender": "end_user",
        "content": "Hello",
        "occurred_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    return f"{agent_id}/{conversation_id}".encode(), json.dumps(event).encode()
