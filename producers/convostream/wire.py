"""An event as the record that goes on the topic: its key, its JSON, and the limits of the contract."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from convostream.errors import InvalidArgument
from convostream.transport import Record

LARGEST_RECORD: Final = 2**20
"""Bytes that the JSON of one event may have."""

DEEPEST_NESTING: Final = 64
"""Levels of objects and lists that one event may have; the event itself is the first."""

_to_json: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_JSON: Final = "allowed are strings, finite numbers, booleans, None, and lists and dicts of them with strings as keys"


def record_of(fields: Mapping[str, object]) -> Record:
    """Return the record of an event that is valid already.

    Raises InvalidArgument when something in it is no JSON, or when it is too large or too deep.
    """
    try:
        value = _to_json(fields).encode()
    except (TypeError, ValueError, RuntimeError):  # a cycle, NaN, a lone surrogate, an object, too deep
        raise _not_json(fields) from None
    if len(value) > LARGEST_RECORD:
        raise InvalidArgument(_largest(fields), f"an event of {len(value)} bytes", f"allowed are {LARGEST_RECORD}")
    if value.count(b"{") + value.count(b"[") > DEEPEST_NESTING and nesting(fields) > DEEPEST_NESTING:
        raise InvalidArgument(
            _deepest(fields), "nested values", f"allowed are {DEEPEST_NESTING} levels with the event's"
        )
    return Record(f"{fields['agent_id']}/{fields['conversation_id']}".encode(), value)


def nesting(value: object) -> int:
    """Return how many levels of objects and lists a JSON value has; text and numbers have none."""
    levels, level = 0, [value]
    while level := [inner for container in level for inner in _containers(container)] if levels else _start(value):
        levels += 1
    return levels


def _start(value: object) -> list[object]:
    return [value] if isinstance(value, dict | list | tuple) else []


def _containers(container: object) -> Iterator[object]:
    inner = container.values() if isinstance(container, dict) else container
    return (value for value in inner if isinstance(value, dict | list | tuple))  # type: ignore[attr-defined]


def _not_json(fields: Mapping[str, object]) -> InvalidArgument:
    for name, value in fields.items():
        try:
            _to_json(value).encode()
        except (TypeError, ValueError, RuntimeError):
            return InvalidArgument(name, value, f"not JSON; {_JSON}")
    return InvalidArgument("event", fields, f"changed while it was read; {_JSON}")


def _largest(fields: Mapping[str, object]) -> str:
    return max(fields, key=lambda name: len(_to_json(fields[name])))


def _deepest(fields: Mapping[str, object]) -> str:
    return max(fields, key=lambda name: nesting(fields[name]))
