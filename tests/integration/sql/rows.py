"""Rows of the inbox, made by hand: what a worker would write for one agent."""

import hashlib
from datetime import UTC, datetime

TOPIC, PARTITION, OWNER = "agent-events", 0, "tester"
Row = dict[str, object]


def milliseconds(text: str) -> int:
    """Reads `2026-04-01 10:00:00.123` (UTC) as milliseconds since 1970."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return round(moment.timestamp()) * 1000 if not moment.microsecond else _with_fraction(moment)


def _with_fraction(moment: datetime) -> int:
    return int(moment.replace(microsecond=0).timestamp()) * 1000 + moment.microsecond // 1000


def text(at: int | None) -> str | None:
    """Writes milliseconds since 1970 as ClickHouse reads a DateTime64(3, 'UTC')."""
    if at is None:
        return None
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S") + f".{at % 1000:03d}"


def conversation_hash(agent_id: str, conversation: str) -> int:
    """Returns the hash that stands for a conversation; which one does not matter to the views."""
    return int.from_bytes(hashlib.sha256(f"{agent_id}/{conversation}".encode()).digest()[:8])


def row(kind: str, agent_id: str, conversation: str, at: int | None, columns: Row) -> Row:
    """Returns one row of the inbox; `at` is the time that its quarter-hour is of."""
    return {
        "kind": kind,
        "topic": TOPIC,
        "partition": PARTITION,
        "owner_epoch": 1,
        "owner_id": OWNER,
        "agent_id": agent_id,
        "environment": "production",
        "conversation_id": conversation,
        "conversation_hash": conversation_hash(agent_id, conversation),
        "quarter_hour": 0 if at is None else at // 900_000,
        **columns,
    }


UNKNOWN_ATTRIBUTES: Row = {
    "country_code": "unknown",
    "region": "unknown",
    "city": "unknown",
    "device_class": "unknown",
    "source_name": "unknown",
    "language_code": "unknown",
    "language_region": "unknown",
}
