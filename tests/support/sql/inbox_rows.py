"""Rows of the inbox as a worker would write them for one agent."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa

from stream_processors.clickhouse.columns import COLUMN_TYPES, KIND_COLUMNS, NULLABLE

TOPIC, PARTITION, OWNER = "agent-events", 0, "tester"
SHARED = ("kind", "topic", "partition", "log_epoch", "owner_epoch", "owner_id")

# Columns that the views of earlier releases take of a kind, with their defaults. Today's inbox skips unknown ones.
OF_EARLIER_RELEASES: dict[str, dict[str, object]] = {"conversation_fact": {"name": ""}, "event": {"repaired": []}}

Row = dict[str, object]


def milliseconds(text: str) -> int:
    """Parse `2026-04-01 10:00:00.123` (UTC) as milliseconds since 1970."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return round(moment.timestamp()) * 1000 if not moment.microsecond else _with_fraction(moment)


def _with_fraction(moment: datetime) -> int:
    return int(moment.replace(microsecond=0).timestamp()) * 1000 + moment.microsecond // 1000


def text(at: int | None) -> str | None:
    """Format milliseconds since 1970 as a DateTime64(3, 'UTC') of ClickHouse."""
    if at is None:
        return None
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S") + f".{at % 1000:03d}"


def conversation_hash(agent_id: str, conversation: str) -> int:
    """Return a hash of a conversation; the views accept any."""
    return int.from_bytes(hashlib.sha256(f"{agent_id}/{conversation}".encode()).digest()[:8])


def row(kind: str, agent_id: str, conversation: str, at: int | None, columns: Row) -> Row:
    """Return one row of the inbox; `at` determines its quarter-hour."""
    return {
        "kind": kind,
        "topic": TOPIC,
        "partition": PARTITION,
        "log_epoch": 1,
        "owner_epoch": 1,
        "owner_id": OWNER,
        "agent_id": agent_id,
        "environment": "production",
        "conversation_id": conversation,
        "conversation_hash": conversation_hash(agent_id, conversation),
        "quarter_hour": 0 if at is None else at // 900_000,
        **columns,
    }


def default_of(column: str) -> object:
    """Return the value of a column that is not given."""
    if column in NULLABLE:
        return None
    kind = COLUMN_TYPES[column]
    if pa.types.is_list(kind):
        return []
    return "" if pa.types.is_string(kind) or pa.types.is_binary(kind) else 0


def segments(rows: Sequence[Row]) -> list[Row]:
    """Group rows as the inbox takes them: one row of arrays for each kind, sender and log epoch."""
    alike: dict[tuple[object, ...], list[Row]] = {}
    for each in rows:
        alike.setdefault(tuple(each[name] for name in SHARED), []).append(each)
    return [
        {**dict(zip(SHARED, shared, strict=True)), **_arrays(str(shared[0]), each)} for shared, each in alike.items()
    ]


def _arrays(kind: str, rows: Sequence[Row]) -> Row:
    defaults = {name: default_of(name) for name in KIND_COLUMNS[kind]} | OF_EARLIER_RELEASES.get(kind, {})
    return {name: [row.get(name, default) for row in rows] for name, default in defaults.items()}


UNKNOWN_ATTRIBUTES: Row = {
    "country_code": "unknown",
    "region": "unknown",
    "city": "unknown",
    "device_class": "unknown",
    "source_name": "unknown",
    "language_code": "unknown",
    "language_region": "unknown",
}
