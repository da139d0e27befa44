"""Every panel shows the rows of its view, through the client of Grafana's data source, for any agent and time zone."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.grafana.events import AGENT_ID, SINCE, UNTIL
from tests.support.grafana.queries import MODES, NO_ZONE, ZONES, Answers, queries
from tests.support.sql.agent import Agent

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
VARIABLES = {"agent_id", "environment"}
VIEWS = sorted(queries().keys() - VARIABLES)
AS_THEY_ARE = sorted(set(VIEWS) - {"daily_overview", "peak_hours", "world_map_places"})
SIMPLE_TYPES = {"UInt8", "UInt64", "Float64", "Nullable(Float64)", "String"}

pytestmark = pytest.mark.timeout(600)
every_zone = pytest.mark.parametrize(("shown_as", "zone"), ZONES.items(), ids=ZONES)


def _view(agent: Agent, name: str, zone: str) -> list[dict[str, Any]]:
    return agent.metric(name, SINCE, UNTIL + 1, zone)


@every_zone
@pytest.mark.parametrize("view", AS_THEY_ARE)
def test_a_panel_shows_the_rows_of_its_view(
    agent: Agent, answers: Answers, view: str, shown_as: str, zone: str
) -> None:
    shown = answers[view, shown_as, "messages"].records()
    assert shown == _view(agent, view, zone)
    assert any(any(isinstance(value, int) and value > 0 for value in row.values()) for row in shown)


@every_zone
def test_the_map_shows_the_places_that_have_coordinates(
    agent: Agent, answers: Answers, shown_as: str, zone: str
) -> None:
    places = _view(agent, "world_map_places", zone)
    shown = answers["world_map_places", shown_as, "messages"].records()
    assert shown == [place for place in places if place["latitude"] is not None]
    assert 0 < len(shown) < len(places)


@every_zone
@pytest.mark.parametrize("mode", MODES)
def test_the_matrix_counts_in_both_modes(agent: Agent, answers: Answers, mode: str, shown_as: str, zone: str) -> None:
    shown = answers["peak_hours", shown_as, mode].records()
    assert shown == [
        {"weekday": WEEKDAYS[row["weekday"] - 1], "hour": f"{row['hour']:02}", "counted": row[mode]}
        for row in _view(agent, "peak_hours", zone)
    ]


@every_zone
def test_a_day_is_drawn_at_its_start_in_the_range(agent: Agent, answers: Answers, shown_as: str, zone: str) -> None:
    days = _view(agent, "daily_overview", zone)
    shown = answers["daily_overview", shown_as, "messages"].records()
    times = [datetime.fromisoformat(row.pop("time")) for row in shown]
    assert [time.timestamp() * 1000 for time in times] == [_begins(row["day"], zone) for row in days]
    assert shown == [{name: value for name, value in row.items() if name != "day"} for row in days]


def _begins(day: date, zone: str) -> float:
    """Return the start of a day, or of the range if that is later."""
    return max(SINCE, datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize("view", VIEWS)
def test_an_unknown_time_zone_is_a_visible_error(answers: Answers, view: str) -> None:
    assert NO_ZONE in answers[view, NO_ZONE, "messages"].error


@pytest.mark.parametrize("view", VIEWS)
def test_the_plugin_supports_every_type_of_a_result(answers: Answers, view: str) -> None:
    types = set(answers[view, "utc", "messages"].types or ())
    assert types - SIMPLE_TYPES <= {"DateTime64(3, 'UTC')"}


def test_the_variables_list_the_agent_and_its_environments(answers: Answers) -> None:
    assert answers["agent_id", "utc", "messages"].records() == [{"agent_id": AGENT_ID}]
    assert answers["environment", "utc", "messages"].records() == [{"environment": "production"}]
