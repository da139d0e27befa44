"""Date-times of the contract to epoch milliseconds, with whole numbers only.

Digits beyond the millisecond are removed. The offset may lead before year 1, so `datetime` parses only the date.
"""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY_MS = 86_400_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FORM = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))?"
)


def read_date_time(text: str) -> int | None:
    """Return a date-time in epoch milliseconds, None when it is not one."""
    match = FORM.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(match[group]) for group in range(1, 7))
    offset_hour, offset_minute = int(match[9] or 0), int(match[10] or 0)
    if max(hour, offset_hour) > 23 or max(minute, second, offset_minute) > 59:
        return None
    try:
        days = date(year, month, day).toordinal() - date(1970, 1, 1).toordinal()
    except ValueError:
        return None
    offset = (offset_hour * 60 + offset_minute) * 60_000 * (-1 if match[8] == "-" else 1)
    milliseconds = int(((match[7] or "") + "000")[:3])
    return days * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds - offset


def epoch_ms(text: str) -> int:
    """Return a valid date-time in epoch milliseconds."""
    milliseconds = read_date_time(text)
    if milliseconds is None:
        raise ValueError(f"not a date-time: {text!r}")
    return milliseconds


def utc_text(milliseconds: int) -> str:
    """Return the instant as `YYYY-MM-DDThh:mm:ss.mmmZ`."""
    instant = EPOCH + timedelta(milliseconds=milliseconds)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z" if instant.year > 999 else _early(instant)


def _early(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local(milliseconds: int, zone: ZoneInfo) -> datetime:
    """Return the wall clock of the zone at that instant."""
    return (EPOCH + timedelta(milliseconds=milliseconds)).astimezone(zone)
