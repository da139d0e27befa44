"""Questions about a set of events: ranges at the edges of events, and time zones with edges of their own."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.oracle.date_times import EPOCH, local
from tests.oracle.scope import Question
from tests.support.strategies.choices import Choices
from tests.support.strategies.pools import ZONES
from tests.support.strategies.timelines import DAY, HOUR, MINUTE

Range = tuple[int, int]


def questions(
    choices: Choices, scope: tuple[str, str], moments: Iterable[int], now: int, count: int
) -> Iterator[Question]:
    """Yield questions about one agent and environment whose events occurred at these times."""
    known = sorted(set(moments)) or [now]
    for _ in range(count):
        zone = choices.one_of(ZONES)
        since, until = _range(choices, known, ZoneInfo(zone), now)
        yield Question(*scope, since, until, zone, now)


def _range(choices: Choices, moments: list[int], zone: ZoneInfo, now: int) -> Range:
    """Return everything recent, whole local days, event to event, less than a quarter-hour, a month, or nothing."""
    form = choices.integer(0, 9)
    at = choices.one_of(moments)
    if form <= 1:
        return now - 800 * DAY, now + DAY
    if form <= 3:
        return _midnight(at, zone, 0), _midnight(at, zone, choices.integer(1, 40))
    if form <= 6:
        first, last = sorted((at, choices.one_of(moments)))
        first = max(first, last - 400 * DAY)
        return first + choices.integer(-1, 1), last + choices.integer(-1, 2)
    if form == 7:
        return at + choices.integer(-5, 0) * MINUTE, at + choices.integer(0, 5) * MINUTE + 1
    if form == 8:
        return at // HOUR * HOUR, at // HOUR * HOUR + 30 * DAY
    return at, at - choices.integer(0, 1)


def _midnight(at: int, zone: ZoneInfo, days: int) -> int:
    day = local(at, zone).date() + timedelta(days=days)
    return round((datetime(day.year, day.month, day.day, tzinfo=zone) - EPOCH) / timedelta(milliseconds=1))
