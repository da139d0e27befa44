"""Where in the last 30 days a conversation begins: working hours more often than nights, weekdays more than Sundays.

The talks' own times of day say when the simulations were run, so the hour is assigned; the time between the events of
a talk is real.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from examples.demo.deterministic_random import Weighted, share

DAYS: Final = 30
HOUR_MS: Final = 3_600_000

# Every talk with all that follows it has ended so long after its beginning.
SETTLED_MS: Final = 20 * 60_000

_HOURS: Final = (4, 3, 2, 2, 2, 3, 5, 9, 14, 19, 22, 23, 21, 22, 25, 26, 25, 23, 21, 19, 17, 14, 10, 6)
_WEEKDAYS: Final = (1.05, 1.0, 0.95, 1.0, 0.9, 0.55, 0.45)


def placer(now_ms: int) -> Callable[[str, str], int]:
    """The rule for a run that begins now: it returns when a copy of a transcript begins."""
    end = now_ms - SETTLED_MS
    hours = Weighted((hour, _weight(end - hour * HOUR_MS)) for hour in range(1, DAYS * 24))

    def place(transcript_id: str, copy: str) -> int:
        hour = hours.draw("hour", transcript_id, copy)
        return end - hour * HOUR_MS + int(HOUR_MS * share("within the hour", transcript_id, copy))

    return place


def range_of(now_ms: int) -> tuple[datetime, datetime]:
    """The whole days in UTC that hold the last 30 days and today."""
    today = datetime.fromtimestamp(now_ms / 1000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=DAYS), today + timedelta(days=1)


def _weight(at_ms: int) -> float:
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return _HOURS[at.hour] * _WEEKDAYS[at.weekday()]
