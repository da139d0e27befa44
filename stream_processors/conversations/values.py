"""Defines values that events and facts share: places, languages and the limits of times."""

from dataclasses import dataclass
from typing import Final, NamedTuple

UNKNOWN: Final = "unknown"

QUARTER_HOUR_MS: Final = 900_000

# Milliseconds since 1970: 2000-01-01 (rule 2 of docs/metrics.md) and the end of 2299, where DateTime64 ends.
EARLIEST_TIME: Final = 946_684_800_000
LATEST_TIME: Final = 10_413_791_999_999

# A producer's clock may be ahead of the broker's by this much (rule 2 of docs/metrics.md).
CLOCK_TOLERANCE_MS: Final = 300_000


class Place(NamedTuple):
    """A place from the GeoIP database; a missing name is `unknown`, and coordinates are both there or both None."""

    country_code: str
    region: str
    city: str
    latitude: float | None
    longitude: float | None


UNKNOWN_PLACE: Final = Place(UNKNOWN, UNKNOWN, UNKNOWN, None, None)


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its primary subtag in lower case, and its region in capitals or ""."""

    code: str
    region: str
