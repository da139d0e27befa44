"""The catalogue is complete, and docs/metrics.md is generated from it."""

import pytest

from convostream import ConversationTracker
from convostream.testing import MemoryTransport
from dashboard.catalogue import BY_NAME, METRICS, Metric
from dashboard.queries.filters import ListQuery
from dashboard.queries.list_queries import Actions, Conversations, Customers, Exchanges, Messages, Sessions
from dashboard.reference import reference
from tests.oracle import COLUMNS
from tests.support.project.metadata import ROOT

QUERIES: dict[str, type[ListQuery]] = {
    "conversations": Conversations,
    "messages": Messages,
    "actions": Actions,
    "exchanges": Exchanges,
    "sessions": Sessions,
    "customers": Customers,
}
every_metric = pytest.mark.parametrize("metric", METRICS, ids=BY_NAME)


def test_there_are_fifteen_metrics_and_two_drill_downs() -> None:
    assert sum(metric.drill_down_of is None for metric in METRICS) == 15
    assert {metric.drill_down_of for metric in METRICS} - {None} == {"world_map", "languages"}


def test_every_column_of_the_contract_is_explained() -> None:
    assert {metric.name: tuple(column.name for column in metric.columns) for metric in METRICS} == COLUMNS


@every_metric
def test_only_counts_have_a_list(metric: Metric) -> None:
    assert [c.name for c in metric.columns if (c.kind == "count") is (c.link is None)] == []


@every_metric
def test_the_filters_of_a_list_are_among_its_parameters(metric: Metric) -> None:
    for link in (column.link for column in metric.columns if column.link):
        known = QUERIES[link.list].model_fields
        assert (link.filters.keys() | link.from_row.keys()) <= known.keys()
        assert set(link.from_row.values()) <= {column.name for column in metric.columns}
        QUERIES[link.list].model_validate({"agent_id": "a", **link.filters})


@every_metric
def test_every_metric_names_what_is_not_counted_and_what_it_needs(metric: Metric) -> None:
    assert metric.definition
    assert metric.left_out
    assert metric.filled_by
    assert {each.column for each in metric.left_out} - {None} <= {column.name for column in metric.columns}


@every_metric
def test_the_example_call_is_one_of_the_sdk(metric: Metric) -> None:
    for filled in metric.filled_by:
        transport = MemoryTransport()
        with ConversationTracker(agent_id="a", transport=transport) as tracker:
            names = {
                "tracker": tracker,
                "conversation": tracker.get_or_create_conversation("c"),
                "asked_at": "2026-04-01T08:00:00Z",
                "answered_at": "2026-04-01T08:00:02Z",
            }
            exec(filled.example, names)  # noqa: S102  (our own text)
        assert any(filled.argument in event.model_dump(exclude_none=True) for event in transport.events), filled


def test_the_document_is_generated_from_the_catalogue() -> None:
    assert (ROOT / "docs" / "metrics.md").read_text() == reference(), (
        "write it anew: python -m dashboard.reference > docs/metrics.md"
    )
