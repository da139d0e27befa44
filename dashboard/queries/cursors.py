"""Cursors of lists: the window, the key of the last row, and a digest of the query they belong to."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from dashboard.errors import BadParameter
from dashboard.queries.times import EARLIEST_MS, LATEST_MS

ALLOWED: Final = "the `next` value of a response to the same query"
_BOUNDS: Final = {"Int64": (-(2**63), 2**63 - 1), "UInt64": (0, 2**64 - 1), "UInt8": (0, 255)}


@dataclass(frozen=True, slots=True)
class Cursor:
    """The window of the first page, and the key of the last row returned."""

    since_ms: int
    until_ms: int
    key: tuple[int | str, ...]


def digest(question: Mapping[str, object]) -> str:
    """Return a digest that identifies a query."""
    return hashlib.blake2b(orjson.dumps(question, option=orjson.OPT_SORT_KEYS), digest_size=9).hexdigest()


def write_cursor(question: Mapping[str, object], cursor: Cursor) -> str:
    """Return a cursor as URL-safe text."""
    # Numbers become strings: a 64-bit hash exceeds the exact integers of JSON.
    parts = [digest(question), cursor.since_ms, cursor.until_ms, *map(str, cursor.key)]
    return urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def read_cursor(text: str, question: Mapping[str, object], types: Sequence[str]) -> Cursor:
    """Parse a cursor; raises BadParameter if it is malformed or belongs to another query."""
    try:
        parts = orjson.loads(urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
    except (ValueError, UnicodeError) as error:
        raise BadParameter("cursor", ALLOWED) from error
    if not isinstance(parts, list) or len(parts) != 3 + len(types) or parts[0] != digest(question):
        raise BadParameter("cursor", ALLOWED)
    since, until, *key = parts[1:]
    if not all(type(at) is int and EARLIEST_MS <= at <= LATEST_MS for at in (since, until)):
        raise BadParameter("cursor", ALLOWED)
    return Cursor(since, until, tuple(_value(value, kind) for value, kind in zip(key, types, strict=True)))


def _value(value: object, kind: str) -> int | str:
    if not isinstance(value, str):
        raise BadParameter("cursor", ALLOWED)
    if kind == "String":
        return value
    low, high = _BOUNDS[kind]
    if not (value.removeprefix("-").isascii() and value.removeprefix("-").isdigit() and len(value) <= 20):
        raise BadParameter("cursor", ALLOWED)
    if not low <= int(value) <= high:
        raise BadParameter("cursor", ALLOWED)
    return int(value)
