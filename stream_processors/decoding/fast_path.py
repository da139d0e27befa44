"""The quick way from bytes to events: msgspec reads and checks a plain record in one pass.

Its structs are made from the contract's models, so that the rules stand in one place, and have the same attributes. It
takes only what the models take, and gives the same values. Whatever it is not sure of (a field that the type does not
list, attachments, any fault) it leaves to the models, and they alone say what is wrong.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import chain
from operator import attrgetter, or_
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec
import orjson
from pydantic import BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from convostream.contract.date_times import parse_date_time
from convostream.contract.events import (
    EVENT_MODELS,
    LARGEST_INTEGER,
    NOT_BLANK,
    UUID_PATTERN,
    Attachment,
    EpochMilliseconds,
    Event,
    JsonObject,
    Message,
)
from convostream.contract.whitespace import is_blank
from convostream.contract.wire import LARGEST_RECORD
from stream_processors.decoding.fast_columns import are_plain_uuids, read_plain_date_times

# A fault in the JSON or in a field, text that is no UTF-8, no date-time, an integer that orjson would read as a float.
_FALLBACK_ERRORS: Final = (msgspec.MsgspecError, UnicodeDecodeError, ValueError, TypeError, RecursionError)

# Levels of objects and lists that a record may have; no more brackets than that cannot nest more deeply.
MAX_NESTING: Final = 64

# The names that every event has.
IDENTITY: Final = ("agent_id", "environment", "conversation_id")

_identity: Final = attrgetter(*IDENTITY)
_is_uuid: Final = re.compile(UUID_PATTERN[1:-1]).fullmatch


def fast_decode(values: Sequence[bytes | None]) -> list[Event | None]:
    """Return the events that the values of records hold, None in place of one that it takes the models to judge."""
    events = [
        event  # most are messages that begin with a letter or a digit: they need no further look
        if type(event) is _MESSAGE
        and event.metadata is None
        and (content := event.content)
        and content[0].isalnum()
        and len(value or b"") <= LARGEST_RECORD
        else _check_extra_rules(event, value)
        for event, value in zip(_parsed(values), values, strict=True)
    ]
    read = [event for event in events if event is not None]
    doubtful = {id(event) for event in chain(_without_time(read), _without_id(read), _without_name(read))}
    return [None if id(event) in doubtful else event for event in events] if doubtful else events


def _parsed(values: Sequence[bytes | None]) -> list[Any]:
    """Return what values hold, with times and ids as they were sent; None in place of what msgspec does not take."""
    try:
        return list(map(_decode, values))
    except _FALLBACK_ERRORS:
        return [_parsed_one(value) for value in values]


def _parsed_one(value: bytes | None) -> Any:
    try:
        return _decode(value)
    except _FALLBACK_ERRORS:
        return None


def _check_extra_rules(event: Any, value: bytes | None) -> Any:
    """Return an event whose fields but the id and time of events are right, None when in doubt."""
    if event is None or value is None or len(value) > LARGEST_RECORD:
        return None
    try:
        for name in event.times:
            if (text := getattr(event, name)) is not None:
                setattr(event, name, parse_date_time(text))
        return event if _is_complete(event, value) else None
    except _FALLBACK_ERRORS:
        return None


def _is_complete(event: Any, value: bytes) -> bool:
    """Tell whether what msgspec does not check is right; raises TypeError for integers that orjson cannot write."""
    for name in event.names:
        if is_blank(getattr(event, name)):
            return False
    for name in event.objects:
        if (free := getattr(event, name)) is not None:
            if value.count(b"{") + value.count(b"[") > MAX_NESTING:
                return False
            orjson.dumps(free)
    return event.type != "message" or bool(event.content and not is_blank(event.content))


def _without_time(events: Sequence[Any]) -> list[Any]:
    """Read when events happened; return those of which that is no date-time."""
    texts = [event.occurred_at for event in events]
    for event, at in zip(events, read_plain_date_times(texts) or map(_read_date_time, texts), strict=True):
        event.occurred_at = at
    return [event for event in events if event.occurred_at is None]


def _read_date_time(text: str) -> int | None:
    try:
        return parse_date_time(text)
    except ValueError:
        return None


def _without_id(events: Sequence[Any]) -> list[Any]:
    """Bring ids into lower case; return the events whose id is no UUID."""
    if are_plain_uuids([event.event_id for event in events]):
        return []
    others = [event for event in events if not _is_uuid(event.event_id)]
    for event in events:
        event.event_id = event.event_id.lower()
    return others


def _without_name(events: Sequence[Any]) -> list[Any]:
    """Return the events of which one of the names that every event has is blank."""
    blank = {name for name in set(chain.from_iterable(map(_identity, events))) if is_blank(name)}
    return [event for event in events if not blank.isdisjoint(_identity(event))] if blank else []


def _struct_of(model: type[BaseModel]) -> type[msgspec.Struct]:
    hints = get_type_hints(model, include_extras=True)
    fields = [(name, hints[name], info) for name, info in model.model_fields.items() if name != "type"]
    return msgspec.defstruct(
        model.__name__,
        [
            (name, _read_as(hint)) if info.is_required() else (name, _read_as(hint), info.default)
            for name, hint, info in fields
        ],
        namespace={
            "type": model.model_fields["type"].default,
            "model_extra": None,
            "names": tuple(name for name, hint, _ in fields if _is_name(hint) and name not in IDENTITY),
            "times": tuple(name for name, hint, _ in fields if EpochMilliseconds in get_args(hint)),
            "objects": tuple(name for name, hint, _ in fields if JsonObject in get_args(hint)),
        },
        tag_field="type",
        tag=model.model_fields["type"].default,
        kw_only=True,
        gc=False,
        forbid_unknown_fields=True,
    )


def _is_name(hint: Any) -> bool:
    return any(isinstance(rule, StringConstraints) and rule.pattern == NOT_BLANK for rule in get_args(hint))


def _read_as(hint: Any) -> Any:
    """Return how msgspec reads a type of the contract."""
    if hint == EpochMilliseconds:
        return str
    if hint is int:  # others differ from what orjson reads
        return Annotated[int, msgspec.Meta(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        rules = {key: value for rule in parts[1:] for key, value in _limits(rule)}
        return Annotated[parts[0], msgspec.Meta(**rules)] if rules else parts[0]
    if origin in (Union, UnionType):
        return reduce(or_, [_read_as(part) for part in parts if part != list[Attachment]])
    return hint


def _limits(rule: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(rule, StringConstraints) and rule.max_length is not None:
        yield "max_length", rule.max_length
    for limit in rule.metadata if isinstance(rule, FieldInfo) else ():
        for name in ("ge", "le"):
            if (bound := getattr(limit, name, None)) is not None:
                yield name, bound


_STRUCTS: Final[dict[type[BaseModel], Any]] = {model: _struct_of(model) for model in EVENT_MODELS}
_MESSAGE: Final = _STRUCTS[Message]
_decode: Final[Callable[[Any], Any]] = msgspec.json.Decoder(reduce(or_, _STRUCTS.values())).decode
