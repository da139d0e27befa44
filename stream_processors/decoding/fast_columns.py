"""Validates and parses columns of ids and date-times in the common formats, many at a time.

A column in another format is not invalid: the caller then parses its texts one by one.
"""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

_DIGIT: Final = re.compile("[0-9]")
_UUID: Final = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
_SECOND: Final = "dddd-dd-ddTdd:dd:dd"
_MILLISECOND: Final = f"{_SECOND}.ddd"
_OFFSETS: Final = ("+dd:dd", "-dd:dd")
_DATE_TIMES: Final = frozenset(
    local + zone for local in (_SECOND, _MILLISECOND, f"{_MILLISECOND}ddd") for zone in ("Z", *_OFFSETS)
)
_YEAR_1_MS: Final = -62_135_596_800_000
_MINUTE_MS: Final = 60_000


def are_plain_uuids(texts: Sequence[str]) -> bool:
    """Return whether all texts are UUIDs in lower case."""
    return _codes_of(texts, _UUID) is not None


def read_plain_date_times(texts: Sequence[str]) -> list[int] | None:
    """Return date-times in milliseconds since 1970 UTC when all have the same common format, else None.

    The formats have no, three or six digits of a second, and `Z` or an offset of the same sign.
    """
    pattern = _DIGIT.sub("d", texts[0]) if texts else ""
    codes = _codes_of(texts, pattern) if pattern in _DATE_TIMES else None
    if codes is None:
        return None
    length = len(_MILLISECOND if pattern.startswith(_MILLISECOND) else _SECOND)  # microseconds are truncated
    local = np.ascontiguousarray(codes[:, :length]).view(f"S{length}").ravel()
    try:
        times = local.astype("datetime64[ms]").astype(np.int64)
    except ValueError:  # no such day or hour
        return None
    if (times < _YEAR_1_MS).any():
        return None
    if pattern.endswith(_OFFSETS):
        hours, minutes = (_numbers_at(codes, index) for index in (-5, -2))
        if (hours > 23).any() or (minutes > 59).any():
            return None
        times -= (hours * 60 + minutes) * (_MINUTE_MS if pattern.endswith(_OFFSETS[0]) else -_MINUTE_MS)
    read: list[int] = times.tolist()
    return read


def _numbers_at(codes: Codes, index: int) -> Numbers:
    """Return the two-digit numbers at an index of the texts."""
    digits = codes[:, [index, index + 1]].astype(np.int64) - ord("0")
    return digits[:, 0] * 10 + digits[:, 1]


def _classes(pattern: str) -> Codes:
    """Return the class of each byte: x for a hexadecimal digit in lower case, d for a decimal one, else itself."""
    classes = np.zeros(256, dtype=np.uint8)
    for sign in pattern:
        members = {"x": "0123456789abcdef", "d": "0123456789"}.get(sign, sign)
        classes[[ord(member) for member in members]] = ord(sign)
    return classes


_CLASSES: Final = {pattern: _classes(pattern) for pattern in (_UUID, *_DATE_TIMES)}


def _codes_of(texts: Sequence[str], pattern: str) -> Codes | None:
    """Return the texts as rows of bytes if all of them match the pattern, else None."""
    joined = "".join(texts)
    if not joined.isascii() or set(map(len, texts)) != {len(pattern)}:
        return None
    codes = np.frombuffer(joined.encode(), dtype=np.uint8).reshape(len(texts), len(pattern))
    expected = np.frombuffer(pattern.encode(), dtype=np.uint8)
    return codes if (_CLASSES[pattern][codes] == expected).all() else None
