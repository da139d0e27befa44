"""Values that events and facts share: places, languages, and the bounds of time."""

from dataclasses import dataclass
from typing import Final, NamedTuple

UNKNOWN: Final = "unknown"

QUARTER_HOUR_MS: Final = 900_000

# Milliseconds since 1970: 2000-01-01, and the end of 2299, where ClickHouse's DateTime64 ends.
EARLIEST_TIME: Final = 946_684_800_000
LATEST_TIME: Final = 10_413_791_999_999

# Other clocks may be ahead of the worker's by this much.
CLOCK_TOLERANCE_MS: Final = 300_000


class Place(NamedTuple):
    """A place as the database gives it; a name it does not give is `unknown`, and coordinates come in pairs."""

    country_code: str
    region: str
    city: str
    latitude: float | None
    longitude: float | None


UNKNOWN_PLACE: Final = Place(UNKNOWN, UNKNOWN, UNKNOWN, None, None)


@dataclass(frozen=True, slots=True)
class Language:
    """A language by its primary subtag in lower case, and its region in capitals, '' when none was named."""

    code: str
    region: str
