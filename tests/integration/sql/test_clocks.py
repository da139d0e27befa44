"""Local days and hours around unusual clock changes."""

from datetime import date

import pytest

from tests.support.sql.agent import Agent
from tests.support.sql.inbox_rows import milliseconds

HOUR = 3_600_000


def messages_by_hour(agent: Agent, since: int, until: int, zone: str) -> dict[object, object]:
    return {row["hour"]: row["messages"] for row in agent.metric("peak_hours", since, until, zone) if row["messages"]}


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)],
    ids=["23 hours", "25 hours", "24 hours"],
)
def test_a_local_day_has_its_own_length(agent: Agent, day: str, hours: int) -> None:
    around = milliseconds(f"{day} 12:00:00")
    for n in range(-36, 36):
        agent.message("c", around + n * HOUR)
    agent.flush()
    rows = agent.metric("daily_overview", around - 48 * HOUR, around + 48 * HOUR, "Europe/Zagreb")
    assert {row["day"]: row["messages"] for row in rows}[date.fromisoformat(day)] == hours


def test_a_repeated_hour_counts_both_times(agent: Agent) -> None:
    for at in ("2026-10-25 00:30:00", "2026-10-25 01:30:00"):
        agent.message("c", milliseconds(at))
    agent.flush()
    range_ = milliseconds("2026-10-24 00:00:00"), milliseconds("2026-10-27 00:00:00")
    assert messages_by_hour(agent, *range_, "Europe/Zagreb") == {2: 2}


def test_a_day_that_a_time_zone_skipped_has_no_row(agent: Agent) -> None:
    rows = agent.metric(
        "daily_overview", milliseconds("2011-12-29 10:00:00"), milliseconds("2011-12-31 10:00:00"), "Pacific/Apia"
    )
    assert [row["day"] for row in rows] == [date(2011, 12, 29), date(2011, 12, 31)]


def test_a_partial_day_counts_only_events_in_the_range(agent: Agent) -> None:
    for at in ("2026-04-01 09:59:59.999", "2026-04-01 10:00:00", "2026-04-02 09:59:59.999", "2026-04-02 10:00:00"):
        agent.message("c", milliseconds(at))
    agent.flush()
    rows = agent.metric("daily_overview", milliseconds("2026-04-01 10:00:00"), milliseconds("2026-04-02 10:00:00"))
    assert [(row["day"], row["messages"], row["active_conversations"]) for row in rows] == [
        (date(2026, 4, 1), 1, 1),
        (date(2026, 4, 2), 1, 1),
    ]


def test_a_range_that_ends_at_midnight_does_not_touch_the_next_day(agent: Agent) -> None:
    since, until = milliseconds("2026-03-31 22:00:00"), milliseconds("2026-04-02 22:00:00")
    rows = agent.metric("daily_overview", since, until, "Europe/Zagreb")
    assert [row["day"] for row in rows] == [date(2026, 4, 1), date(2026, 4, 2)]


def test_all_days_of_the_type_can_be_queried(agent: Agent) -> None:
    rows = agent.metric("daily_overview", milliseconds("1900-01-01 00:00:00"), milliseconds("2298-01-01 00:00:00"))
    assert (rows[0]["day"], rows[-1]["day"], len(rows)) == (date(1970, 1, 1), date(2149, 6, 6), 65_536)


@pytest.mark.parametrize(
    ("at", "hour"),
    [
        ("2010-11-07 02:30:59.999", 0),
        ("2010-11-07 02:31:00", 23),
        ("2011-03-13 03:30:59.999", 0),
        ("2011-03-13 03:31:00", 1),
    ],
    ids=["before it is put back", "as it is put back", "before it is put forward", "as it is put forward"],
)
def test_a_clock_change_inside_a_quarter_hour_is_exact_to_the_minute(agent: Agent, at: str, hour: int) -> None:
    moment = milliseconds(at)
    agent.message("c", moment)
    agent.conversation("c", moment)
    agent.flush()
    (row,) = (
        r for r in agent.metric("peak_hours", moment - 9 * HOUR, moment + 9 * HOUR, "America/St_Johns") if r["messages"]
    )
    assert (row["hour"], row["conversations"]) == (hour, 1)
