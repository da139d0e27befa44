"""Decode: the bytes of records become valid events, or an `InvalidRecord` that names what is wrong.

JSON is read strictly (orjson refuses NaN, Infinity, numbers that are not finite, lone surrogates and broken UTF-8; of
duplicate keys the last counts), then the contract's models judge the fields. For plain records, as nearly all are,
`quick_decode` comes to the same events sooner.
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
    """What some values hold, with places among them: events, those of one type together; codes and reasons of others.

    Reasons are texts, because an exception keeps its frames alive, and with them all events of the batch.
    """

    events: list[tuple[list[int], list[Event]]]
    refused: list[tuple[int, str, str]]


def decode_all(values: Sequence[bytes | None]) -> Decoded:
    """Return the events that the values of records hold, and why the contract refuses the others."""
    events, refused = fast_decode(values), []
    places: defaultdict[type, list[int]] = defaultdict(list)
    for place, event in enumerate(events):
        places[type(event)].append(place)
    for place in places.pop(type(None), ()):
        try:
            judged = events[place] = decode(values[place])
        except InvalidRecord as error:
            refused.append((place, error.code, str(error)))
        else:
            places[type(judged)].append(place)
    return Decoded(
        [(alike, [event for each in alike if (event := events[each])]) for alike in places.values()], refused
    )


def decode(value: bytes | None) -> Event:
    """Return the event that a record's value holds, as the models judge it.

    Raises InvalidRecord when the contract refuses it.
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
    # Few brackets cannot nest deeply, so most records need no walk.
    if value.count(b"{") + value.count(b"[") > MAX_NESTING and nesting(parsed) > MAX_NESTING:
        raise InvalidRecord("too_deep", f"value: nested more than {MAX_NESTING} levels deep")
    return parsed


def nesting(value: object) -> int:
    """Return how many objects and lists lie around the innermost value, the outermost included."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]
    return depth
