"""The changes of the clock that ClickHouse takes for a quarter-hour's are all of the IANA database's since 2000."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from sql.objects import ROOT, Kind

BEGIN, END = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2031, 1, 1, tzinfo=UTC).timestamp())
STEP = 9 * 86_400


def offset(zone: ZoneInfo, second: int) -> float:
    moment = datetime.fromtimestamp(second, UTC).astimezone(zone).utcoffset()
    assert moment is not None
    return moment.total_seconds()


def changes(zone: ZoneInfo) -> Iterator[int]:
    """The seconds at which the offset changes; two changes are never within nine days that cancel each other."""
    offsets = [(second, offset(zone, second)) for second in range(BEGIN, END, STEP)]
    for (low, before), (high, after) in pairwise(offsets):
        if before != after:
            yield first_with(zone, low, high, before)


def first_with(zone: ZoneInfo, low: int, high: int, before: float) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(zone, middle) == before else (low, middle)
    return high


def listed() -> set[tuple[str, str]]:
    text = (ROOT / Kind.VIEW / "late_clock_changes.sql").read_text()
    groups = re.findall(r"\(\[([^\]]+)\], \[([^\]]+)\]\)", text)
    return {
        (zone, moment)
        for zones, moments in groups
        for zone in re.findall(r"'([^']+)'", zones)
        for moment in re.findall(r"'([^']+)'", moments)
    }


def test_the_list_is_that_of_the_iana_database() -> None:
    found = set()
    for name in available_timezones():
        for second in changes(ZoneInfo(name)):
            if second % 900:
                assert second % 900 == 60, f"{name} changes its clock at another minute"
                found.add((name, datetime.fromtimestamp(second - 60, UTC).strftime("%Y-%m-%d %H:%M")))
    assert found == listed()
