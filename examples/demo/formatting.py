"""How the demo writes values for people: spans of time, shares, counts, and what is not there."""

from datetime import date

NOTHING = "none"

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def span(seconds: float) -> str:
    """A span of time in the one or two units that matter: `170 µs`, `4.2 s`, `1 min 38 s`."""
    if seconds < 0.001:
        return f"{seconds * 1_000_000:.0f} µs" if seconds else "0 s"
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    place = next(number for number, (size, _) in enumerate(_UNITS) if whole >= size)
    size, unit = _UNITS[place]
    finer_size, finer_unit = _UNITS[place + 1]
    finer = whole % size // finer_size
    return f"{whole // size} {unit} {finer} {finer_unit}" if finer else f"{whole // size} {unit}"


def percent(rate: float) -> str:
    """A rate of 0..1 in per cent."""
    return f"{rate * 100:.1f} %"


def value_text(column: str, value: object) -> str:
    """A value of a metric view; its column says what it is."""
    if value is None:
        return NOTHING
    if isinstance(value, float):
        if column in ("latitude", "longitude"):
            return f"{value:.2f}"
        return span(value) if column.endswith("_seconds") else percent(value)
    if isinstance(value, date):
        return f"{value:%a %d %b %Y}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def heading(column: str) -> str:
    """A column's name as words."""
    return column.removesuffix("_seconds").replace("_", " ")
