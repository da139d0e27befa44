"""When in the last 60 days a conversation begins: by hour of the day, by weekday, and more often towards the end.

The time of day in a transcript is when its simulation ran, so the beginning is assigned. The time between the events of
a conversation is real.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from examples.demo.deterministic_random import Weighted, share

# Twice the default range of the page, so that its comparison with the previous period has data on both sides.
DAYS: Final = 60
HOUR_MS: Final = 3_600_000

# Every conversation, with all that follows it, ends within this time.
SETTLED_MS: Final = 20 * 60_000

# The business doubles in 60 days.
_GROWTH: Final = 2.0
_HOURS: Final = (4, 3, 2, 2, 2, 3, 5, 9, 14, 19, 22, 23, 21, 22, 25, 26, 25, 23, 21, 19, 17, 14, 10, 6)
_WEEKDAYS: Final = (1.05, 1.0, 0.95, 1.0, 0.9, 0.55, 0.45)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A half-open range of time, and the zone of its days and hours."""

    since: datetime
    until: datetime
    time_zone: str

    def before(self) -> "TimeRange":
        """Return the range of the same length before this one."""
        return replace(self, since=self.since - (self.until - self.since), until=self.since)


def age(transcript_id: str, copy: str) -> float:
    """Return how early a copy begins among all copies: 0 for the latest one, nearly 1 for the earliest."""
    return share("hour", transcript_id, copy)


def make_scheduler(now_ms: int) -> Callable[[str, str], int]:
    """Return a function that tells when a copy of a transcript begins, for a demo that starts now."""
    end = now_ms - SETTLED_MS
    hours = Weighted((hour, _weight(end - hour * HOUR_MS, hour)) for hour in range(1, DAYS * 24))

    def begin(transcript_id: str, copy: str) -> int:
        hour = hours.at(age(transcript_id, copy))
        return end - hour * HOUR_MS + int(HOUR_MS * share("within the hour", transcript_id, copy))

    return begin


def latest_days(now_ms: int, time_zone: str = "UTC") -> TimeRange:
    """Return the later half of the 60 days, up to the next full hour."""
    until = datetime.fromtimestamp((now_ms // HOUR_MS + 1) * HOUR_MS / 1000, UTC)
    return TimeRange(until - timedelta(days=DAYS // 2), until, time_zone)


def _weight(at_ms: int, hours_ago: int) -> float:
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return float(_HOURS[at.hour] * _WEEKDAYS[at.weekday()] * _GROWTH ** (-hours_ago / (DAYS * 24)))
