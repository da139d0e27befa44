"""Records of the events topic as a client delivers them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

EVENT_ID: Final = "01890a5d-ac96-774b-bcce-b302099a8057"
AT: Final = "2024-04-02T10:00:00Z"
AT_MS: Final = 1_712_052_000_000


@dataclass(frozen=True, slots=True)
class KafkaRecord:
    """One record; `timestamp` is in milliseconds."""

    partition: int = 0
    offset: int = 0
    timestamp: int | None = AT_MS
    key: bytes | None = b"a/c"
    value: bytes | None = b"{}"
    headers: Sequence[tuple[str, bytes | None]] = ()


def fields_of(type_: str = "conversation_ended", **own: object) -> dict[str, object]:
    """Return the required fields of an event and those given; an Ellipsis removes one."""
    common = {"event_id": EVENT_ID, "type": type_, "agent_id": "a", "conversation_id": "c", "occurred_at": AT}
    return {name: value for name, value in {**common, **own}.items() if value is not ...}


def value_of(fields: Mapping[str, object]) -> bytes:
    """Return the value of a record with these fields."""
    return orjson.dumps(fields)


def record_of(type_: str = "conversation_ended", offset: int = 0, **own: object) -> KafkaRecord:
    """Return a record that holds an event."""
    return KafkaRecord(offset=offset, value=value_of(fields_of(type_, **own)))
