"""Parse numbers that the page has formatted in American English."""

import re
from typing import Final

NOTHING: Final = "\N{EN DASH}"
SECONDS: Final = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "μs": 1e-6, "µs": 1e-6}
_PART = re.compile(r"([\d.,]+)(ms|[µμ]s|d|h|m|s)")


def read(text: str, column: str) -> float | None:
    """Return the number of a text, by the name of its column."""
    if text == NOTHING:
        return None
    if column.endswith("_seconds"):
        return _seconds(text)
    if text.endswith("%"):
        return float(text[:-1].replace(",", "")) / 100
    return float(text.replace(",", ""))


def _seconds(text: str) -> float:
    parts = _PART.findall(text)
    assert "".join(number + unit for number, unit in parts) == text.replace(" ", ""), f"no duration: {text!r}"
    return sum(float(number.replace(",", "")) * SECONDS[unit] for number, unit in parts)


def is_as_written(text: str, column: str, value: float | None) -> bool:
    """Return whether a text is the value, within the precision of the page's formats."""
    shown = read(text, column)
    if shown is None or value is None:
        return shown is value
    if column.endswith("_seconds"):
        return abs(shown - value) <= max(value * 0.01, 1e-9)
    allowed = 0.000_500_1 if text.endswith("%") else 0
    return abs(shown - value) <= allowed
