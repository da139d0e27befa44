from datetime import date
from io import StringIO

import pytest
from rich.console import Console

from dashboard.catalogue import BY_NAME
from examples.demo.clickhouse_reader import Row
from examples.demo.formatting import format_seconds, format_share, format_value
from examples.demo.heat_map import draw_week
from examples.demo.tables import metric_table, metric_views
from tests.oracle import COLUMNS

Cell = object


def printed(name: str, rows: list[dict[str, Cell]], before: list[dict[str, Cell]] | None = None) -> str:
    """Print a metric's table; a column that a row does not have is 0."""
    metric = BY_NAME[name]
    blank: Row = {column.name: 0 for column in metric.columns}
    out = StringIO()
    Console(file=out, width=100).print(
        metric_table(metric, [{**blank, **row} for row in rows], [{**blank, **row} for row in before or []])
    )
    return out.getvalue()


def test_the_fifteen_metrics_have_the_seventeen_views_of_the_contract() -> None:
    assert len(metric_views()) == 15
    assert {view.name for views in metric_views() for view in views} == set(COLUMNS)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"),
        (0.000_388, "388 µs"),
        (0.0126, "12.6 ms"),
        (4.24, "4.2 s"),
        (59.97, "1 min"),
        (98.0, "1 min 38 s"),
        (31_020.0, "8 h 37 min"),
        (90_000.0, "1 d 1 h"),
    ],
)
def test_durations_have_at_most_two_units(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(
    ("metric", "column", "value", "text"),
    [
        ("human_escalation_rate", "rate", 0.1875, "18.8 %"),
        ("average_response_time", "mean_seconds", 2.0, "2.0 s"),
        ("world_map_places", "latitude", 45.7924, "45.79"),
        ("total_messages", "messages", 14_950, "14,950"),
        ("daily_overview", "day", date(2026, 11, 25), "Wed 25 Nov 2026"),
        ("conversation_feedback", "satisfaction", None, "-"),
    ],
)
def test_values_are_formatted_by_the_kind_of_their_column(metric: str, column: str, value: object, text: str) -> None:
    assert format_value(next(other for other in BY_NAME[metric].columns if other.name == column), value) == text


def test_a_share_is_in_per_cent() -> None:
    assert format_share(0.5) == "50.0 %"


def test_totals_are_beside_those_of_the_previous_period() -> None:
    text = printed("human_escalation_rate", [{"rate": None, "conversations": 7}], [{"rate": 0.25, "conversations": 4}])
    assert [line.split() for line in text.splitlines() if "Rate" in line] == [["Rate", "-", "25.0", "%"]]
    assert [line.split() for line in text.splitlines() if "Conversations" in line] == [["Conversations", "7", "4"]]


def test_a_breakdown_has_shares_of_the_whole() -> None:
    text = printed("sources", [{"source": "web", "conversations": 3}, {"source": "unknown", "conversations": 1}])
    assert "75.0 %" in text
    assert "25.0 %" in text
    assert "more" not in text


def test_a_shortened_breakdown_keeps_unknown_and_the_number_of_hidden_rows() -> None:
    names = [f"source-{number:02d}" for number in range(14)]
    text = printed("sources", [{"source": name, "conversations": 9} for name in [*names, "unknown"]])
    assert "unknown" in text
    assert "… and 2 more rows in sources" in text
    assert "source-11" in text
    assert "source-12" not in text


def test_a_breakdown_without_rows_has_its_headings() -> None:
    assert BY_NAME["tool_usage"].columns[0].title in printed("tool_usage", [])


def test_a_breakdown_has_the_mean_and_one_percentile() -> None:
    text = printed("tool_usage", [{"action_name": "get_order", "mean_seconds": 0.25, "p50_seconds": 0.5}])
    assert "250 ms" in text
    assert "500 ms" not in text


def test_the_last_days_are_shown() -> None:
    days = [{"day": date(2026, 11, day), "messages": day} for day in range(1, 31)]
    text = printed("daily_overview", days)
    assert "30 Nov 2026" in text
    assert "16 Nov 2026" not in text
    assert "… and 16 earlier days in daily_overview" in text


def test_a_week_shows_its_sums_and_its_busiest_hour() -> None:
    cells = {(weekday, hour): 0 for weekday in range(1, 8) for hour in range(24)}
    text = draw_week(cells | {(3, 11): 303, (3, 12): 1}).plain
    assert "most: 303 on Wed from 11:00" in text
    assert "Wed                        ██··" in text
    assert text.splitlines()[3].endswith("   304")


def test_an_empty_week_is_a_map_too() -> None:
    cells = {(weekday, hour): 0 for weekday in range(1, 8) for hour in range(24)}
    assert "most: 0" in draw_week(cells).plain


def test_the_world_map_names_its_source() -> None:
    text = printed("world_map_places", [{"country_code": "HR", "latitude": 45.8, "longitude": 15.97}])
    assert "DB-IP" in text
    assert "CC BY 4.0" in text
