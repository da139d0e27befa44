"""Every number on the page equals its view, and opens a list with exactly that many rows."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import pytest

from dashboard.catalogue import METRICS
from tests.browser.conftest import DashboardServer
from tests.oracle import COLUMNS, Question
from tests.support.dashboard.number_formats import is_as_written
from tests.support.dashboard.page import DashboardPage, Number
from tests.support.dashboard.page_events import DEMO_AGENT

KEYS: Final = {"weekday", "hour", "day", "action_name", "country_code", "region", "city", "latitude", "longitude"} | {
    "device",
    "source",
    "language",
}
BY_MODE: Final = {"peak_hours"}
ON_DRILL_DOWN: Final = {"world_map_places": "world_map", "language_regions": "languages"}
LINKED: Final = {
    (metric.name, column.name)
    for metric in METRICS
    for column in metric.columns
    if column.link and metric.name not in ON_DRILL_DOWN
} - {("peak_hours", "conversations")}
Cell = tuple[str, str, str]


@pytest.fixture
def question(dashboard_server: DashboardServer, window: dict[str, str]) -> Question:
    """Return the fixed range as parameters of the views."""
    since, until = (int(datetime.fromisoformat(window[name]).timestamp() * 1000) for name in ("since", "until"))
    return Question(DEMO_AGENT, "production", since, until, window["zone"], dashboard_server.now_ms)


def expected(dashboard_server: DashboardServer, question: Question, metric: str) -> dict[Cell, float | None]:
    """Return the numbers of a view by metric, column and row."""
    return dict(_cells(metric, dashboard_server.harness.view(metric, question)))


def _cells(metric: str, rows: list[tuple[object, ...]]) -> Iterator[tuple[Cell, float | None]]:
    names = COLUMNS[metric]
    keys = [name for name in names if name in KEYS]
    for row in rows:
        values = dict(zip(names, row, strict=True))
        key = "/".join(_key(values[name]) for name in keys)
        for name in names:
            if name not in keys:
                value = values[name]
                yield (metric, name, key), None if value is None else float(str(value))


def _key(value: object) -> str:
    if value is None:
        return "unknown"
    return f"{value:g}" if isinstance(value, float) and value == int(value) else str(value)


def compare(numbers: list[Number], cells: dict[Cell, float | None], metric: str) -> None:
    """Check that the page shows exactly the numbers of a view."""
    shown = [number for number in numbers if number.metric == metric and number.key != "*"]
    assert {(number.metric, number.column, number.key) for number in shown} == set(cells)
    for number in shown:
        value = cells[number.metric, number.column, number.key]
        assert (float(number.value) if number.value else None) == pytest.approx(value, rel=1e-12), number
        if metric not in BY_MODE:
            assert is_as_written(number.text, number.column, value), f"{number} for {value}"


def test_every_number_on_the_page_equals_its_view(
    dashboard: DashboardPage, dashboard_server: DashboardServer, window: dict[str, str], question: Question
) -> None:
    dashboard.open(agent=DEMO_AGENT, **window)
    dashboard.show_all()
    dashboard.show_days()
    numbers = dashboard.numbers()
    for metric in COLUMNS.keys() - BY_MODE - ON_DRILL_DOWN.keys():
        compare(numbers, expected(dashboard_server, question, metric), metric)


def test_both_modes_of_peak_hours_equal_the_view(
    dashboard: DashboardPage, dashboard_server: DashboardServer, window: dict[str, str], question: Question
) -> None:
    dashboard.open(agent=DEMO_AGENT, **window)
    cells = expected(dashboard_server, question, "peak_hours")
    for mode in ("conversations", "messages"):
        dashboard.card("peak_hours").get_by_role("button", name=mode.capitalize(), exact=True).click()
        dashboard.figure("peak_hours", mode, "1/0").wait_for()
        shown = [number for number in dashboard.numbers() if number.metric == "peak_hours"]
        compare(shown, {cell: value for cell, value in cells.items() if cell[1] == mode}, "peak_hours")
        assert len(shown) == 168


@pytest.mark.parametrize("metric", ON_DRILL_DOWN, ids=["places of every country", "regions of every language"])
def test_every_number_of_a_drill_down_equals_its_view(
    dashboard: DashboardPage, dashboard_server: DashboardServer, window: dict[str, str], question: Question, metric: str
) -> None:
    dashboard.open(agent=DEMO_AGENT, **window)
    above = ON_DRILL_DOWN[metric]
    card = dashboard.card(above)
    cells = expected(dashboard_server, question, metric)
    dashboard.show_all(above)
    for number in range(card.get_by_role("rowheader").count()):
        card.get_by_role("rowheader").nth(number).get_by_role("button").click()
        back = card.locator(".crumb button")
        back.wait_for()
        dashboard.show_all(above)
        name = dashboard.chosen("country" if metric == "world_map_places" else "language")
        of_name = {cell: value for cell, value in cells.items() if cell[2].split("/")[0] == name}
        compare(dashboard.numbers(above), of_name, metric)
        back.click()
        card.locator(".crumb").wait_for(state="detached")


def test_every_count_equals_the_rows_of_the_list_that_it_opens(
    dashboard: DashboardPage, window: dict[str, str]
) -> None:
    dashboard.open(agent=DEMO_AGENT, **window)
    dashboard.show_days()
    asked: set[tuple[str, str]] = set()
    for number in dashboard.numbers():
        link = dashboard.figure(number.metric, number.column, number.key)
        if (number.metric, number.column) in asked or link.evaluate("element => element.tagName") != "BUTTON":
            continue
        asked.add((number.metric, number.column))
        assert dashboard.open_list(link) == int(number.value), number
        dashboard.close_panel()
    assert asked == LINKED


def test_the_pages_of_a_list_have_all_its_rows(dashboard: DashboardPage, window: dict[str, str]) -> None:
    dashboard.open(agent=DEMO_AGENT, **window)
    total = dashboard.open_list(dashboard.figure("total_conversations", "conversations"))
    pages = list(dashboard.rows_of_list())
    assert (sum(pages), max(pages)) == (total, 50)
    dashboard.page.get_by_role("button", name="Previous").click()
    dashboard.page.locator("#panel footer").get_by_text(f"of {total}").wait_for()
