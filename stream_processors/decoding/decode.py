"""Decodes the values of records into valid events, or rejects them with a code and a reason.

JSON is parsed strictly: orjson rejects NaN, Infinity, numbers that are not finite, lone surrogates and invalid UTF-8.
Of duplicate keys, the last one counts. The contract's models then validate the fields. Common records, which are nearly
all, take the fast path (`fast_decode`) to the same events. Only the models can reject a record.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

import orjson

from convostream.contract.events import Event, validate_event
from convostream.contract.wire import LARGEST_RECORD
from convostream.errors import InvalidEvent
from stream_processors.decoding.fast_path import MAX_NESTING, fast_decode
from stream_processors.errors import InvalidRecord

UNREADABLE_BATCH: Final = "unreadable_batch"
REASON_CODES: Final = (
    *("no_value", "too_large", "broken_json", "not_an_object", "too_deep", "invalid_event"),
    UNREADABLE_BATCH,
)


class Decoded(NamedTuple):
    """The events of a batch of values, grouped by type, and the index, code and reason of each rejected value.

    `events` pairs the indexes of the values with their events. Reasons are texts, because an exception would keep its
    frames alive, and with them all events of the batch.
    """

    events: list[tuple[list[int], list[Event]]]
    refused: list[tuple[int, str, str]]


def decode_all(values: Sequence[bytes | None]) -> Decoded:
    """Return the events in the values of records, and the reasons why the contract rejects the other values."""
    events, refused = fast_decode(values), []
    indexes_by_type: defaultdict[type, list[int]] = defaultdict(list)
    for index, event in enumerate(events):
        indexes_by_type[type(event)].append(index)
    for index in indexes_by_type.pop(type(None), ()):
        try:
            validated = events[index] = decode(values[index])
        except InvalidRecord as error:
            refused.append((index, error.code, str(error)))
        else:
            indexes_by_type[type(validated)].append(index)
    return Decoded(
        [(indexes, [event for index in indexes if (event := events[index])]) for indexes in indexes_by_type.values()],
        refused,
    )


def decode(value: bytes | None) -> Event:
    """Return the event in a record's value, validated by the contract's models.

    Raises InvalidRecord when the contract rejects it.
    """
    if value is None:
        raise InvalidRecord("no_value", "value: the record has none; allowed is one JSON object")
    if len(value) > LARGEST_RECORD:
        raise InvalidRecord("too_large", f"value: {len(value)} bytes; allowed are at most {LARGEST_RECORD}")
    fields = _parse(value)
    if not isinstance(fields, dict):
        raise InvalidRecord("not_an_object", "value: not a JSON object; allowed is one JSON object a record")
    try:
        return validate_event(fields)
    except InvalidEvent as error:
        raise InvalidRecord("invalid_event", str(error)) from None


def _parse(value: bytes) -> object:
    try:
        parsed: object = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise InvalidRecord("broken_json", f"value: broken JSON ({error})") from None
    # A value with few brackets cannot be nested deeply, so most records are not traversed.
    if value.count(b"{") + value.count(b"[") > MAX_NESTING and nesting(parsed) > MAX_NESTING:
        raise InvalidRecord("too_deep", f"value: nested more than {MAX_NESTING} levels deep")
    return parsed


def nesting(value: object) -> int:
    """Return the depth of nested objects and lists; 0 for a scalar."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]
    return depth
