"""Plain texts: ids and date-times as nearly all producers write them, checked and read many at a time.

What is not plain is not wrong: whoever asks goes through such texts one by one.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint8]

_UUID: Final = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
_DATE_TIME: Final = "dddd-dd-ddTdd:dd:dd.dddZ"
_YEAR_1_MS: Final = -62_135_596_800_000


def are_plain_uuids(texts: Sequence[str]) -> bool:
    """Tell whether all texts are UUIDs in lower case."""
    return _codes_of(texts, _UUID) is not None


def read_plain_date_times(texts: Sequence[str]) -> list[int] | None:
    """Return the milliseconds since 1970 of date-times that are all like `2026-04-01T12:00:00.123Z`, else None."""
    codes = _codes_of(texts, _DATE_TIME)
    if codes is None:
        return None
    without_zone = np.ascontiguousarray(codes[:, :-1]).view(f"S{len(_DATE_TIME) - 1}").ravel()
    try:
        times = without_zone.astype("datetime64[ms]").astype(np.int64)
    except ValueError:  # there is no such day or hour
        return None
    return times.tolist() if (times >= _YEAR_1_MS).all() else None


def _classes(signs: str) -> Codes:
    """Return the class of each byte: x a hexadecimal digit in lower case, d a decimal one, a sign itself."""
    classes = np.zeros(256, dtype=np.uint8)
    for sign in signs:
        members = {"x": "0123456789abcdef", "d": "0123456789"}.get(sign, sign)
        classes[[ord(member) for member in members]] = ord(sign)
    return classes


_CLASSES: Final = {pattern: _classes(pattern) for pattern in (_UUID, _DATE_TIME)}


def _codes_of(texts: Sequence[str], pattern: str) -> Codes | None:
    """Return texts as rows of bytes if each of them follows the pattern."""
    joined = "".join(texts)
    if not joined.isascii() or set(map(len, texts)) != {len(pattern)}:
        return None
    codes = np.frombuffer(joined.encode(), dtype=np.uint8).reshape(len(texts), len(pattern))
    expected = np.frombuffer(pattern.encode(), dtype=np.uint8)
    return codes if (_CLASSES[pattern][codes] == expected).all() else None
