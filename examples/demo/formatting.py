"""Format the values of a metric by the kind of their column."""

from datetime import date
from typing import Final

from dashboard.catalogue import Column

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NO_VALUE: Final = "-"
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def format_value(column: Column, value: object) -> str:
    """Return a value as text; a dash means that there is no data to compute it."""
    if value is None:
        return NO_VALUE
    if isinstance(value, float):
        formats = {"duration": format_seconds, "share": format_share, "coordinate": "{:.2f}".format}
        return formats[column.kind](value)
    if isinstance(value, date):
        return f"{value:%a %d %b %Y}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def format_seconds(seconds: float) -> str:
    """Return a span of time in the one or two units that matter: `170 µs`, `4.2 s`, `1 min 38 s`."""
    if seconds < 0.001:
        return f"{seconds * 1_000_000:.0f} µs" if seconds else "0 s"
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    index = next(index for index, (size, _) in enumerate(_UNITS) if whole >= size)
    (size, unit), (finer_size, finer_unit) = _UNITS[index : index + 2]
    finer = whole % size // finer_size
    return f"{whole // size} {unit} {finer} {finer_unit}" if finer else f"{whole // size} {unit}"


def format_share(share: float) -> str:
    """Return a share from 0 to 1 in per cent."""
    return f"{share * 100:.1f} %"
