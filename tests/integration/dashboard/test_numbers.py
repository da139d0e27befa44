"""Every number of the API equals its view."""

import io
from datetime import date
from typing import Any

import pytest
from pyarrow import csv, parquet

from dashboard.catalogue import METRICS
from sql.objects import NAMES, Kind
from tests.integration.dashboard.conftest import DeliveredEvents
from tests.oracle import COLUMNS, Question
from tests.support.dashboard.api_client import Api, window_parameters
from tests.support.stack.harness import Harness

every_metric = pytest.mark.parametrize("name", [metric.name for metric in METRICS])
every_question = pytest.mark.parametrize(
    "number", range(4), ids=["everything", "partial hours", "a DST day", "staging"]
)


def _rows(harness: Harness, name: str, question: Question) -> list[list[Any]]:
    return [
        [each.isoformat() if isinstance(each, date) else each for each in row] for row in harness.view(name, question)
    ]


def _values(rows: list[dict[str, Any]]) -> list[list[Any]]:
    return [list(row.values()) for row in rows]


def test_the_catalogue_has_every_view_with_its_columns() -> None:
    assert [metric.name for metric in METRICS] == list(NAMES[Kind.METRIC])
    assert {metric.name: tuple(column.name for column in metric.columns) for metric in METRICS} == COLUMNS


@every_metric
@every_question
async def test_a_metric_is_the_view(
    harness: Harness, delivered_events: DeliveredEvents, api: Api, name: str, number: int
) -> None:
    question = delivered_events.questions[number]
    answer = await api.json(f"/api/metrics/{name}", window_parameters(question))
    assert _values(answer["rows"]) == _rows(harness, name, question)
    assert answer["window"] == window_parameters(question)


@every_question
async def test_the_dashboard_has_every_view(
    harness: Harness, delivered_events: DeliveredEvents, api: Api, number: int
) -> None:
    question = delivered_events.questions[number]
    answer = await api.json("/api/dashboard", window_parameters(question))
    shown = {name: _values(metric["rows"]) for name, metric in answer["metrics"].items()}
    assert shown == {metric.name: _rows(harness, metric.name, question) for metric in METRICS}


async def test_the_day_before_a_day_of_23_hours_has_24(
    harness: Harness, delivered_events: DeliveredEvents, api: Api
) -> None:
    answer = await api.json(
        "/api/dashboard", {**window_parameters(delivered_events.questions[2]), "compare": "previous"}
    )
    assert answer["previous_window"]["since"] == "2026-03-27T23:00:00.000Z"
    assert answer["previous_window"]["until"] == answer["window"]["since"]


async def test_the_previous_period_equals_its_view(
    harness: Harness, delivered_events: DeliveredEvents, api: Api
) -> None:
    question = delivered_events.questions[1]
    answer = await api.json("/api/dashboard", {**window_parameters(question), "compare": "previous"})
    length = question.until - question.since
    before = Question(
        question.agent_id, "production", question.since - length, question.since, question.time_zone, question.now
    )
    shown = {name: _values(metric["previous"]) for name, metric in answer["metrics"].items()}
    assert shown == {metric.name: _rows(harness, metric.name, before) for metric in METRICS}


@every_metric
async def test_csv_and_parquet_have_the_values_of_json(delivered_events: DeliveredEvents, api: Api, name: str) -> None:
    asked = {**window_parameters(delivered_events.questions[0]), "compare": "previous"}
    answer = await api.json(f"/api/metrics/{name}", asked)
    expected = _values(answer["rows"] + answer["previous"])
    in_csv = csv.read_csv(
        io.BytesIO((await api.get(f"/api/metrics/{name}", {**asked, "format": "csv"})).content),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            strings_can_be_null=True, null_values=[""], quoted_strings_can_be_null=False
        ),
    )
    in_parquet = parquet.read_table(
        io.BytesIO((await api.get(f"/api/metrics/{name}", {**asked, "format": "parquet"})).content)
    )
    periods = ["current"] * len(answer["rows"]) + ["previous"] * len(answer["previous"])
    for table in (in_csv, in_parquet):
        assert table.column("period").to_pylist() == periods
        assert [[_plain(v) for v in list(row.values())[1:]] for row in table.to_pylist()] == [
            [_like(v) for v in row] for row in expected
        ]


def _plain(value: Any) -> Any:
    return _like(value.isoformat() if isinstance(value, date) else value)


def _like(value: Any) -> Any:
    """Return a CSV cell with its type; CSV cannot tell a name made of digits from a number."""
    return str(value) if isinstance(value, str) else value
