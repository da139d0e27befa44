"""Parses the times of requests and formats those of responses.

Moments are milliseconds since 1970, UTC. A local time that a clock change skips means the moment of the change; a local
time that occurs twice means the first occurrence.
"""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from dashboard.errors import BadParameter

ALLOWED = (
    "a time between 1970 and 2100 as 2026-04-01T08:00:00Z, with an offset (+02:00) or without one (local time of "
    "time_zone), a local date as 2026-04-01, -7d or -2w (the same time of day on an earlier day), -24h or -90m, or now"
)
EARLIEST_MS, LATEST_MS = 0, 4_102_444_800_000
MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_RELATIVE = re.compile(r"-(?P<number>[0-9]{1,6})(?P<unit>[mhdw])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = re.compile(
    r"(?P<clock>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2})?)(\.(?P<fraction>[0-9]{1,9}))?"
    r"(?P<offset>[Zz]|[+\- ][0-9]{2}:[0-9]{2})?"
)
_EXACT = {"m": timedelta(minutes=1), "h": timedelta(hours=1)}
_DAYS = {"d": 1, "w": 7}
_NO_ZONES = {"localtime", "Factory"}


def time_zones() -> frozenset[str]:
    """Return the valid names of time zones."""
    return frozenset(available_timezones() - _NO_ZONES)


def read_moment(parameter: str, text: str, zone: ZoneInfo, now_ms: int) -> int:
    """Parse a time to milliseconds since 1970; raises BadParameter."""
    try:
        moment = _moment(text.strip(), zone, now_ms)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or not EARLIEST_MS <= moment <= LATEST_MS:
        raise BadParameter(parameter, ALLOWED)
    return moment


def _moment(text: str, zone: ZoneInfo, now_ms: int) -> int | None:
    if text == "now":
        return now_ms
    if found := _RELATIVE.fullmatch(text):
        return _earlier(int(found["number"]), found["unit"], zone, now_ms)
    if _DATE.fullmatch(text):
        return from_clock(datetime.combine(date.fromisoformat(text), datetime.min.time()), zone)
    if found := _DATE_TIME.fullmatch(text):
        return _date_time(found, zone)
    return None


def _earlier(number: int, unit: str, zone: ZoneInfo, now_ms: int) -> int:
    if unit in _EXACT:
        return now_ms - number * (_EXACT[unit] // MILLISECOND)
    return from_clock(to_clock(now_ms, zone) - timedelta(days=number * _DAYS[unit]), zone)


def _date_time(found: re.Match[str], zone: ZoneInfo) -> int:
    clock = datetime.fromisoformat(found["clock"].upper())
    milliseconds = int((found["fraction"] or "0").ljust(3, "0")[:3])
    offset = found["offset"]
    if offset is None:
        return from_clock(clock, zone) + milliseconds
    if offset in "Zz":
        return (clock.replace(tzinfo=UTC) - EPOCH) // MILLISECOND + milliseconds
    # An unescaped plus in a URL arrives as a space.
    aware = datetime.fromisoformat(clock.isoformat() + offset.replace(" ", "+"))
    return (aware - EPOCH) // MILLISECOND + milliseconds


def from_clock(clock: datetime, zone: ZoneInfo) -> int:
    """Return the moment of a local time in a zone."""
    return (clock.replace(tzinfo=zone, fold=0).astimezone(UTC) - EPOCH) // MILLISECOND


def to_clock(moment_ms: int, zone: ZoneInfo) -> datetime:
    """Return the local time of a moment in a zone."""
    return (EPOCH + moment_ms * MILLISECOND).astimezone(zone).replace(tzinfo=None)


def iso(moment: datetime) -> str:
    """Format a time for responses; a naive time is UTC."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def iso_of(moment_ms: int) -> str:
    """Format milliseconds since 1970 for responses."""
    return iso(EPOCH + moment_ms * MILLISECOND)


def clickhouse_text(moment_ms: int) -> str:
    """Format a moment as a parameter of type DateTime64(3, 'UTC')."""
    return iso_of(moment_ms).replace("T", " ").removesuffix("Z")
