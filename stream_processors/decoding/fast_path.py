"""The fast path from bytes to events: msgspec parses and validates a common record in one pass.

The structs are generated from the contract's models, so that the rules exist once, and have the same attributes. The
fast path accepts only what the models accept, and gives the same values; property tests check both. It leaves all other
records to the models: unknown fields, attachments and any error. Only the models can reject a record.
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

# Errors that leave a record to the models: in JSON, a field, UTF-8 or a date-time, or an integer too large for orjson.
_FALLBACK_ERRORS: Final = (msgspec.MsgspecError, UnicodeDecodeError, ValueError, TypeError, RecursionError)

# Levels of nested objects and lists that a record may have. A record with no more brackets is not nested more deeply.
MAX_NESTING: Final = 64

# The fields that identify the conversation of every event.
IDENTITY: Final = ("agent_id", "environment", "conversation_id")

_identity: Final = attrgetter(*IDENTITY)
_is_uuid: Final = re.compile(UUID_PATTERN[1:-1]).fullmatch


def fast_decode(values: Sequence[bytes | None]) -> list[Event | None]:
    """Return the events in the values of records, None for each value that is left to the models."""
    events = [
        event  # most events are messages that start with a letter or a digit and need no further check
        if type(event) is _MESSAGE
        and event.metadata is None
        and (content := event.content)
        and content[0].isalnum()
        and len(value or b"") <= LARGEST_RECORD
        else _check_extra_rules(event, value)
        for event, value in zip(_parse_all(values), values, strict=True)
    ]
    parsed = [event for event in events if event is not None]
    rejected = {
        id(event) for event in chain(_with_invalid_time(parsed), _with_invalid_id(parsed), _with_blank_name(parsed))
    }
    return [None if id(event) in rejected else event for event in events] if rejected else events


def _parse_all(values: Sequence[bytes | None]) -> list[Any]:
    """Return the parsed values with times and ids as they were sent, None for each that msgspec rejects."""
    try:
        return list(map(_decode, values))
    except _FALLBACK_ERRORS:
        return [_parse_or_none(value) for value in values]


def _parse_or_none(value: bytes | None) -> Any:
    try:
        return _decode(value)
    except _FALLBACK_ERRORS:
        return None


def _check_extra_rules(event: Any, value: bytes | None) -> Any:
    """Return the event if all fields but its id and time are valid, else None."""
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
    """Return whether the rules that msgspec cannot check hold; raises TypeError for integers too large for orjson."""
    for name in event.names:
        if is_blank(getattr(event, name)):
            return False
    for name in event.objects:
        if (json_object := getattr(event, name)) is not None:
            if value.count(b"{") + value.count(b"[") > MAX_NESTING:
                return False
            orjson.dumps(json_object)
    return event.type != "message" or bool(event.content and not is_blank(event.content))


def _with_invalid_time(events: Sequence[Any]) -> list[Any]:
    """Parse the times of events; return the events whose time is invalid."""
    texts = [event.occurred_at for event in events]
    for event, at in zip(events, read_plain_date_times(texts) or map(_read_date_time, texts), strict=True):
        event.occurred_at = at
    return [event for event in events if event.occurred_at is None]


def _read_date_time(text: str) -> int | None:
    try:
        return parse_date_time(text)
    except ValueError:
        return None


def _with_invalid_id(events: Sequence[Any]) -> list[Any]:
    """Convert ids to lower case; return the events whose id is not a UUID."""
    if are_plain_uuids([event.event_id for event in events]):
        return []
    invalid = [event for event in events if not _is_uuid(event.event_id)]
    for event in events:
        event.event_id = event.event_id.lower()
    return invalid


def _with_blank_name(events: Sequence[Any]) -> list[Any]:
    """Return the events with a blank name in `IDENTITY`."""
    blank = {name for name in set(chain.from_iterable(map(_identity, events))) if is_blank(name)}
    return [event for event in events if not blank.isdisjoint(_identity(event))] if blank else []


def _struct_of(model: type[BaseModel]) -> type[msgspec.Struct]:
    hints = get_type_hints(model, include_extras=True)
    fields = [(name, hints[name], info) for name, info in model.model_fields.items() if name != "type"]
    return msgspec.defstruct(
        model.__name__,
        [
            (name, _msgspec_type(hint)) if info.is_required() else (name, _msgspec_type(hint), info.default)
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


def _msgspec_type(hint: Any) -> Any:
    """Return the type for msgspec of a type in the contract."""
    if hint == EpochMilliseconds:
        return str
    if hint is int:  # orjson reads larger integers differently
        return Annotated[int, msgspec.Meta(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        rules = {key: value for rule in parts[1:] for key, value in _limits(rule)}
        return Annotated[parts[0], msgspec.Meta(**rules)] if rules else parts[0]
    if origin in (Union, UnionType):
        return reduce(or_, [_msgspec_type(part) for part in parts if part != list[Attachment]])
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
