"""Encode an event as a record of the topic: its key, its JSON, and the limits of the contract."""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final

from pydantic_core import to_json

from convostream.errors import InvalidArgument
from convostream.transport.interface import OutgoingRecord

# Bytes that the JSON of one event may have.
LARGEST_RECORD: Final = 2**20

# Levels of objects and lists that one event may have; the event itself is the first.
DEEPEST_NESTING: Final = 64

_JSON: Final = "allowed are strings, finite numbers, booleans, None, and lists and dicts of them with strings as keys"
_UNREADABLE: Final = (TypeError, ValueError, RuntimeError)  # a cycle, NaN, a lone surrogate, an object, too deep


def record_of(fields: Mapping[str, object]) -> OutgoingRecord:
    """Return the record of a valid event.

    Raises InvalidArgument if a value is not JSON, or if the event is too large or nested too deeply.
    """
    value = None
    with suppress(*_UNREADABLE):
        value = _encode(fields)
    if value is None:  # raised here, so that its context holds no error that knows the values
        raise _not_json(fields)
    if len(value) > LARGEST_RECORD:
        name = _most(fields, len)
        raise InvalidArgument(name, fields[name], f"too large; allowed are {LARGEST_RECORD} bytes for the whole event")
    if value.count(b"{") + value.count(b"[") > DEEPEST_NESTING and nesting(json.loads(value)) > DEEPEST_NESTING:
        name = _most(fields, _nesting_of)
        levels = f"nested too deeply; allowed are {DEEPEST_NESTING} levels, the event itself included"
        raise InvalidArgument(name, fields[name], levels)
    return OutgoingRecord(f"{fields['agent_id']}/{fields['conversation_id']}".encode(), value)


def _encode(value: object) -> bytes:
    """Return the JSON of a value; raises one of _UNREADABLE if it has none."""
    encoded = to_json(value, inf_nan_mode="constants")
    if b"NaN" in encoded or b"Infinity" in encoded:  # a text may say so, a number may not
        json.loads(encoded, parse_constant=_refuse_constant)
    return encoded


def nesting(value: object) -> int:
    """Return how many levels of objects and lists a JSON value has; text and numbers have none."""
    levels = 0
    level = [value] if isinstance(value, dict | list) else []
    while level:
        levels += 1
        level = [inner for container in level for inner in _inside(container) if isinstance(inner, dict | list)]
    return levels


def _inside(container: dict[str, object] | list[object]) -> Iterable[object]:
    return container.values() if isinstance(container, dict) else container


def _not_json(fields: Mapping[str, object]) -> InvalidArgument:
    for name, value in fields.items():
        try:
            _encode(value)
        except _UNREADABLE:
            return InvalidArgument(name, value, f"not JSON; {_JSON}")
    return InvalidArgument("event", fields, f"changed while it was read; {_JSON}")


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _nesting_of(encoded: bytes) -> int:
    return nesting(json.loads(encoded))


def _most(fields: Mapping[str, object], measure: Callable[[bytes], int]) -> str:
    return max(fields, key=lambda name: measure(_encode(fields[name])))
