"""The times of generated events: edges of sessions and quarter-hours, ties, days between, clock changes."""

from collections.abc import Iterator

from tests.oracle.date_times import epoch_ms, utc_text
from tests.support.strategies.choices import Choices
from tests.support.strategies.pools import OCCURRED_OUT_OF_RANGE

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
CLOCK_CHANGES = tuple(
    epoch_ms(text)
    for text in (
        "2026-03-29T01:00:00Z", "2025-10-26T01:00:00Z",  # Europe/Zagreb
        "2026-03-08T05:30:00Z", "2025-11-02T04:30:00Z",  # America/St_Johns
        "2025-10-04T15:30:00Z", "2026-04-04T15:00:00Z",  # Australia/Lord_Howe
        "2025-09-27T14:00:00Z", "2026-04-04T14:00:00Z",  # Pacific/Chatham
        "2026-06-30T18:15:00Z",  # midnight in Asia/Kathmandu
        "2005-04-03T03:31:00Z", "2006-10-29T02:31:00Z",  # America/St_Johns once changed at one minute past midnight
        "2011-12-30T10:00:00Z",  # Pacific/Apia skipped a day
        "2007-12-09T07:00:00Z",  # America/Caracas went back by half an hour
        "2026-03-29T01:00:00Z", "2025-10-26T01:00:00Z",  # Antarctica/Troll, by two hours
        "2024-02-29T00:00:00Z",
        "2000-01-01T00:00:00Z",
    )
)  # fmt: skip
STEPS = (
    0, 0, 1, 4, 5, 6, 999, SECOND, 7 * SECOND, MINUTE, 5 * MINUTE, 14 * MINUTE, 30 * MINUTE - 1, 30 * MINUTE,
    30 * MINUTE + 1, 31 * MINUTE, 59 * MINUTE, 7 * HOUR, DAY, 5 * DAY, -1, -MINUTE, -DAY,
)  # fmt: skip
LEAD = 2 * MINUTE


def times(choices: Choices, now: int) -> Iterator[int]:
    """Return the times of one conversation's events, mostly ascending, from 2000 to two minutes from now."""
    at = _anchor(choices, now)
    while True:
        if not CLOCK_CHANGES[-1] <= at <= now + LEAD:
            at = _recent(choices, now)
        yield at
        at += choices.one_of(STEPS)


def _anchor(choices: Choices, now: int) -> int:
    if choices.chance(35):
        return choices.one_of(CLOCK_CHANGES) + choices.integer(-4, 8) * 15 * MINUTE + choices.integer(-1, 1)
    return _recent(choices, now)


def _recent(choices: Choices, now: int) -> int:
    if choices.chance(30):
        return now - choices.one_of((0, 5, 20, 45, 90)) * MINUTE
    return (now - choices.integer(0, 25) * DAY - choices.integer(0, 96) * 15 * MINUTE) // (15 * MINUTE) * 15 * MINUTE


def occurred_at(choices: Choices, at: int) -> str:
    """Return the time in one of the contract's forms; sometimes one that is out of range."""
    if choices.chance(3):
        return choices.one_of(OCCURRED_OUT_OF_RANGE)
    form = choices.integer(0, 5)
    text = utc_text(at)
    if form == 1:
        return text.replace("T", " ").removesuffix("Z")
    if form == 2:
        return text.replace("T", "t").replace("Z", choices.one_of(("9", "0001234z", "999999Z")))
    if form == 3:
        return utc_text(at + 345 * MINUTE).replace("Z", "+05:45")
    if form == 4:
        return utc_text(at - 150 * MINUTE).replace("Z", "-02:30")
    return text
