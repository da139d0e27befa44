"""Strict JSON: UTF-8, finite numbers, no lone surrogates, at most 1 MiB and 64 levels; the last duplicate key counts.

Objects are read as lists of pairs first, so that a key which a later duplicate hides is checked as well.
"""

import json
import math
from typing import NoReturn

MAX_BYTES = 1024 * 1024
MAX_NESTING = 64


class BrokenJsonError(ValueError):
    """The bytes are not one JSON value of the contract."""


class _Pairs(list[tuple[str, object]]):
    """An object's members in the order of the text."""


def read_json(value: bytes) -> object:
    """Return the value that the bytes hold; raises BrokenJsonError."""
    if len(value) > MAX_BYTES:
        raise BrokenJsonError("longer than 1 MiB")
    try:
        tree: object = json.loads(value.decode(), object_pairs_hook=_Pairs, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BrokenJsonError(str(error)) from error
    return _plain(tree, MAX_NESTING)


def _refuse(constant: str) -> NoReturn:
    raise BrokenJsonError(f"{constant} is no JSON")


def _plain(tree: object, levels: int) -> object:
    if isinstance(tree, list) and levels == 0:
        raise BrokenJsonError("nested too deeply")
    if isinstance(tree, _Pairs):
        return {_text(key): value for key, value in [(key, _plain(value, levels - 1)) for key, value in tree]}
    if isinstance(tree, list):
        return [_plain(item, levels - 1) for item in tree]
    if isinstance(tree, str):
        return _text(tree)
    if isinstance(tree, float) and not math.isfinite(tree):
        raise BrokenJsonError("a number is not finite")
    return tree


def _text(text: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BrokenJsonError("a lone surrogate")
    return text
