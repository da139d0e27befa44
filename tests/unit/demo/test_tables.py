from datetime import date
from io import StringIO

import pytest
from rich.console import Console

from examples.demo.formatting import heading, percent, span, value_text
from examples.demo.heat_map import heat_map
from examples.demo.metrics import METRICS, Metric, Shown
from examples.demo.reader import Rows
from examples.demo.tables import metric_table
from tests.oracle import COLUMNS


def printed(metric: Metric, *rows: Rows) -> str:
    out = StringIO()
    Console(file=out, width=100).print(metric_table(1, metric, rows))
    return out.getvalue()


def test_the_fifteen_metrics_have_the_seventeen_views_of_the_contract() -> None:
    assert len(METRICS) == 15
    assert {shown.view for metric in METRICS for shown in metric.views} == set(COLUMNS)


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
def test_spans_of_time_are_in_the_units_that_matter(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_values_are_written_by_what_their_column_says() -> None:
    assert percent(0.1875) == "18.8 %"
    assert value_text("rate", 0.5) == "50.0 %"
    assert value_text("mean_seconds", 2.0) == "2.0 s"
    assert value_text("latitude", 45.7924) == "45.79"
    assert value_text("messages", 14_950) == "14,950"
    assert value_text("day", date(2026, 11, 25)) == "Wed 25 Nov 2026"
    assert value_text("satisfaction", None) == "none"
    assert heading("mean_from_last_message_seconds") == "mean from last message"


def test_a_total_is_a_line_for_each_value_and_null_is_none() -> None:
    text = printed(Metric("human_escalation_rate", "", (Shown("human_escalation_rate"),)),
                   Rows(("rate", "conversations"), ((None, 0),)))  # fmt: skip
    assert "rate            none" in text


def test_a_breakdown_has_shares_of_the_whole() -> None:
    text = printed(Metric("sources", "", (Shown("sources"),)),
                   Rows(("source", "conversations"), (("web", 3), ("unknown", 1))))  # fmt: skip
    assert "75.0 %" in text
    assert "25.0 %" in text
    assert "more" not in text


def test_a_cut_breakdown_keeps_unknown_and_says_what_is_missing() -> None:
    rows = (("a", 9), ("b", 8), ("c", 7), ("unknown", 1))
    text = printed(Metric("sources", "", (Shown("sources", 2),)), Rows(("source", "conversations"), rows))
    assert "unknown" in text
    assert "… and 1 more rows in sources" in text
    assert "c " not in text.replace("conversations", "")


def test_a_breakdown_of_nothing_has_no_rows() -> None:
    text = printed(Metric("tool_usage", "", (Shown("tool_usage"),)), Rows(("action_name", "calls"), ()))
    assert "action name" in text


def test_hidden_columns_are_named() -> None:
    shown = Shown("tool_usage", hidden=("p50_seconds",))
    rows = Rows(("action_name", "calls", "p50_seconds"), (("get_order", 2, 0.5),))
    text = printed(Metric("tool_usage", "", (shown,)), rows)
    assert "500 ms" not in text
    assert "the columns p50 in tool_usage" in text


def test_a_week_shows_its_sums_and_its_busiest_hour() -> None:
    cells = {(weekday, hour): 0 for weekday in range(1, 8) for hour in range(24)}
    text = heat_map(cells | {(3, 11): 303, (3, 12): 1}).plain
    assert "most: 303 on Wed from 11:00" in text
    assert "Wed                        ██··" in text
    assert text.splitlines()[3].endswith("   304")


def test_an_empty_week_is_a_map_too() -> None:
    cells = {(weekday, hour): 0 for weekday in range(1, 8) for hour in range(24)}
    assert "most: 0" in heat_map(cells).plain


def test_the_world_map_names_where_the_places_come_from() -> None:
    metric = next(metric for metric in METRICS if metric.name == "world_map")
    text = printed(metric, Rows(("country_code", "conversations"), (("HR", 1),)),
                   Rows(("country_code", "region", "city", "latitude", "longitude", "conversations"),
                        (("HR", "City of Zagreb", "Zagreb", 45.8, 15.97, 1),)))  # fmt: skip
    assert "DB-IP" in text
    assert "CC BY 4.0" in text
