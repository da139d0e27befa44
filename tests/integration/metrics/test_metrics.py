"""The fifteen metrics through the real worker, compared with numbers computed by hand: one test for each."""

import pytest

from tests.oracle.cases import Case, cases_of
from tests.support.metrics.case_deliveries import DeliveredCases, parametrized

pytestmark = pytest.mark.brokers("embedded", "kafka")


def _metric(*views: str) -> pytest.MarkDecorator:
    return parametrized(case for view in views for case in cases_of(view))


@_metric("total_messages")
def test_total_messages(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_metric("total_conversations")
def test_total_conversations(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_metric("average_response_time")
def test_average_response_time(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_metric("peak_hours")
def test_peak_hours(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_metric("daily_overview")
def test_daily_overview(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_metric("average_conversation_duration")
def test_average_conversation_duration(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_metric("tool_usage")
def test_tool_usage(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_metric("world_map", "world_map_places")
def test_world_map(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_metric("device_usage")
def test_device_usage(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_metric("individual_users")
def test_individual_users(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_metric("sources")
def test_sources(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_metric("languages", "language_regions")
def test_languages(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_metric("human_escalation_rate")
def test_human_escalation_rate(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_metric("conversation_feedback")
def test_conversation_feedback(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_metric("unique_interactions")
def test_unique_interactions(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []
