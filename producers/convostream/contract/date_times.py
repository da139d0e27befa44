"""Convert date-times of the contract to milliseconds since 1970 in UTC, and back.

All arithmetic is on integers: digits beyond the millisecond are cut, never rounded, and an offset may lead outside of
the years 1 to 9999 that `datetime` supports. A text has three parts at fixed positions: `YYYY-MM-DD`, `Thh:mm:ss` and
the rest. The parts are cached, because the events of a stream share most of them.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

# What a date-time of the contract looks like, for messages.
ALLOWED: Final = "YYYY-MM-DDThh:mm:ss with optional .digits and an optional Z or ±hh:mm"

# The same as a regular expression, for schemas (whether the day exists is beyond it).
PATTERN: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?$"
)

DAY_MS: Final = 86_400_000
_LONGEST_REMEMBERED: Final = 40  # a fraction has no longest length; what is remembered is bounded all the same
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_FIRST_MS: Final = (date.min.toordinal() - _EPOCH_ORDINAL) * DAY_MS
_BEYOND_MS: Final = (date.max.toordinal() - _EPOCH_ORDINAL + 1) * DAY_MS
_WIDEST_OFFSET_MS: Final = (23 * 60 + 59) * 60_000

_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME: Final = re.compile(r"[Tt ]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])")
_TAIL: Final = re.compile(r"(?:\.([0-9]+))?(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))?")


def parse_date_time(text: str) -> int:
    """Return a date-time as milliseconds since 1970 in UTC; without an offset it is UTC.

    Raises ValueError if the text is not a date-time of the contract.
    """
    if len(text) > _LONGEST_REMEMBERED:
        return _second_ms(text[:19]) + _read_tail(text[19:])
    return _second_ms(text[:19]) + _tail_ms(text[19:])


def format_date_time(ms: int) -> str:
    """Return milliseconds since 1970 as a date-time, like `2026-04-01T12:00:00.123Z`.

    An instant just outside of the years 1 to 9999 in UTC is written with an offset that leads back.
    """
    if ms < _FIRST_MS:
        return _format(ms + _WIDEST_OFFSET_MS) + "+23:59"
    if ms >= _BEYOND_MS:
        return _format(ms - _WIDEST_OFFSET_MS) + "-23:59"
    return _format(ms) + "Z"


def epoch_milliseconds(moment: datetime) -> int:
    """Return a datetime as milliseconds since 1970 in UTC; a naive one is UTC."""
    since_epoch = moment - _EPOCH if moment.tzinfo is not None else moment.replace(tzinfo=UTC) - _EPOCH
    return since_epoch // timedelta(milliseconds=1)


def _format(ms: int) -> str:
    seconds, fraction = divmod(ms, 1000)
    return f"{_second_text(seconds)}.{fraction:03d}"


@lru_cache(maxsize=4096)
def _second_text(epoch_seconds: int) -> str:
    days, seconds = divmod(epoch_seconds, DAY_MS // 1000)
    day = date.fromordinal(days + _EPOCH_ORDINAL).isoformat()
    return f"{day}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


@lru_cache(maxsize=16_384)
def _second_ms(text: str) -> int:
    return _date_ms(text[:10]) + _time_ms(text[10:])


@lru_cache(maxsize=4096)
def _date_ms(text: str) -> int:
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"not a date-time; allowed is {ALLOWED}")
    year, month, day = map(int, match.groups())
    try:
        return (date(year, month, day).toordinal() - _EPOCH_ORDINAL) * DAY_MS
    except ValueError:
        raise ValueError(f"no such day; allowed is {ALLOWED}") from None


@lru_cache(maxsize=16_384)
def _time_ms(text: str) -> int:
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"not a date-time; allowed is {ALLOWED}")
    hours, minutes, seconds = map(int, match.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000


def _read_tail(text: str) -> int:
    match = _TAIL.fullmatch(text)
    if match is None:
        raise ValueError(f"not a date-time; allowed is {ALLOWED}")
    digits, sign, hours, minutes = match.groups()
    ms = int(digits[:3].ljust(3, "0")) if digits else 0
    if sign is None:
        return ms
    offset_ms = (int(hours) * 60 + int(minutes)) * 60_000
    return ms - offset_ms if sign == "+" else ms + offset_ms


_tail_ms = lru_cache(maxsize=4096)(_read_tail)
