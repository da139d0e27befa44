"""The list behind a count has exactly as many rows as the count."""

from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.catalogue import METRICS
from dashboard.catalogue.entries import Link
from tests.integration.dashboard.conftest import DeliveredEvents
from tests.support.dashboard.api_client import Api, window_parameters

ZEROS_ASKED = 3
FIRST_OF_EACH = {"peak_hours": 12, "daily_overview": 12}
every_question = pytest.mark.parametrize(
    "number", range(4), ids=["everything", "partial hours", "a DST day", "staging"]
)
LISTS = ("conversations", "messages", "actions", "exchanges", "sessions", "customers")


def _asked(link: Link, row: dict[str, Any]) -> dict[str, object]:
    values = {parameter: row[column] for parameter, column in link.from_row.items()}
    return {**link.filters, **{name: "unknown" if value is None else value for name, value in values.items()}}


def _counts(answer: Any) -> Iterator[tuple[str, str, Link, dict[str, Any]]]:
    """Yield every count of the dashboard, and some zeros."""
    for metric in METRICS:
        for column in metric.columns:
            if column.link is None:
                continue
            rows = answer["metrics"][metric.name]["rows"]
            some = [row for row in rows if row[column.name]][: FIRST_OF_EACH.get(metric.name)]
            for row in some + [row for row in rows if not row[column.name]][:ZEROS_ASKED]:
                yield metric.name, column.name, column.link, row


@every_question
async def test_every_count_equals_the_rows_of_its_list(
    delivered_events: DeliveredEvents, api: Api, number: int
) -> None:
    asked = window_parameters(delivered_events.questions[number])
    wrong, looked_at = [], 0
    for name, column, link, row in _counts(await api.json("/api/dashboard", asked)):
        path, parameters = f"/api/lists/{link.list}", {**asked, **_asked(link, row), "limit": 500}
        listed = await api.json(path, parameters)
        rows = listed["rows"] if listed["next"] is None else await api.pages(path, parameters)
        looked_at += 1
        if not row[column] == listed["total"] == len(rows):
            wrong.append((name, column, row, listed["total"], len(rows)))
    assert wrong == []
    assert looked_at > 30


@pytest.mark.parametrize("name", LISTS)
async def test_the_pages_together_are_the_list(delivered_events: DeliveredEvents, api: Api, name: str) -> None:
    asked = window_parameters(delivered_events.questions[0])
    whole = await api.json(f"/api/lists/{name}", {**asked, "limit": 500})
    pages = await api.pages(f"/api/lists/{name}", {**asked, "limit": 4})
    assert whole["total"] > 4
    assert pages[:500] == whole["rows"]
    assert len(pages) == whole["total"]


@pytest.mark.parametrize("name", LISTS)
async def test_a_cursor_keeps_the_window_of_a_relative_time(
    delivered_events: DeliveredEvents, api: Api, name: str
) -> None:
    asked = {"agent_id": delivered_events.agent_id, "since": "-400d", "limit": 1}
    first = await api.json(f"/api/lists/{name}", asked)
    second = await api.json(f"/api/lists/{name}", {**asked, "cursor": first["next"]})
    assert second["window"] == first["window"]
    assert second["total"] == first["total"]


@pytest.mark.parametrize("name", LISTS)
async def test_a_cursor_of_another_query_is_rejected(delivered_events: DeliveredEvents, api: Api, name: str) -> None:
    asked = {"agent_id": delivered_events.agent_id, "since": "-400d", "limit": 1}
    first = await api.json(f"/api/lists/{name}", asked)
    for other in ({**asked, "since": "-399d"}, {**asked, "device": "mobile"}, {**asked, "agent_id": "another"}):
        refused = await api.get(f"/api/lists/{name}", {**other, "cursor": first["next"]}, status=422)
        assert [fault["parameter"] for fault in refused.json()["errors"]] == ["cursor"]


@pytest.mark.parametrize(
    ("filter_", "values"),
    [
        ("rating", ("positive", "neutral", "negative", "unrecognised", "none")),
        ("escalated", ("true", "false")),
        ("escalation_failed", ("true", "false")),
        ("engaged", ("true", "false")),
        ("user", ("known", "anonymous")),
        ("weekday", range(1, 8)),
        ("hour", range(24)),
    ],
)
@pytest.mark.parametrize("name", LISTS[:-1])
async def test_the_values_of_a_filter_sum_to_the_whole(
    delivered_events: DeliveredEvents, api: Api, name: str, filter_: str, values: tuple[object, ...]
) -> None:
    asked = {**window_parameters(delivered_events.questions[0]), "limit": 1}
    whole = await api.json(f"/api/lists/{name}", asked)
    parts = [(await api.json(f"/api/lists/{name}", {**asked, filter_: value}))["total"] for value in values]
    assert sum(parts) == whole["total"] > 0


async def test_new_and_returning_customers_are_the_known_ones(delivered_events: DeliveredEvents, api: Api) -> None:
    asked = {**window_parameters(delivered_events.questions[1]), "limit": 1}
    parts = [
        (await api.json("/api/lists/customers", {**asked, "user": user}))["total"] for user in ("new", "returning")
    ]
    assert sum(parts) == (await api.json("/api/lists/customers", asked))["total"]


async def test_rows_match_their_filters(delivered_events: DeliveredEvents, api: Api) -> None:
    asked = {**window_parameters(delivered_events.questions[0]), "limit": 500}
    failed = await api.json("/api/lists/actions", {**asked, "failed": "true"})
    assert {row["failed"] for row in failed["rows"]} == {True}
    for state in ("measured", "not_measured", "unanswered", "waiting"):
        exchanges = await api.json("/api/lists/exchanges", {**asked, "state": state})
        assert {row["state"] for row in exchanges["rows"]} <= {state}
    for state in ("measured", "single_activity", "open"):
        sessions = await api.json("/api/lists/sessions", {**asked, "state": state})
        assert {row["state"] for row in sessions["rows"]} <= {state}


async def test_a_customer_has_as_many_conversations_as_the_list_says(
    delivered_events: DeliveredEvents, api: Api
) -> None:
    asked = {**window_parameters(delivered_events.questions[0]), "limit": 500}
    customers = (await api.json("/api/lists/customers", asked))["rows"]
    assert len(customers) > 4
    for row in customers:
        parameters = {**asked, "basis": "wrote", "customer": row["customer"]}
        conversations = await api.json("/api/lists/conversations", parameters)
        assert conversations["total"] == row["conversations"]
        assert {each["customer"] for each in conversations["rows"]} == {row["customer"]}
