"""The oracle equals the cases computed by hand: the fifteen metrics, one test for each."""

import pytest

from tests.oracle.cases import ALL_CASES, Case, cases_of
from tests.oracle.views import COLUMNS
from tests.support.metrics.oracle_cases import differences_of, facts


def _metric(*views: str) -> pytest.MarkDecorator:
    cases = [case for view in views for case in cases_of(view)]
    return pytest.mark.parametrize("case", cases, ids=facts(cases))


def test_every_view_has_cases_of_its_own() -> None:
    assert COLUMNS.keys() <= {case.subject for case in ALL_CASES}


@_metric("total_messages")
def test_total_messages(case: Case) -> None:
    assert differences_of(case) == []


@_metric("total_conversations")
def test_total_conversations(case: Case) -> None:
    assert differences_of(case) == []


@_metric("average_response_time")
def test_average_response_time(case: Case) -> None:
    assert differences_of(case) == []


@_metric("peak_hours")
def test_peak_hours(case: Case) -> None:
    assert differences_of(case) == []


@_metric("daily_overview")
def test_daily_overview(case: Case) -> None:
    assert differences_of(case) == []


@_metric("average_conversation_duration")
def test_average_conversation_duration(case: Case) -> None:
    assert differences_of(case) == []


@_metric("tool_usage")
def test_tool_usage(case: Case) -> None:
    assert differences_of(case) == []


@_metric("world_map", "world_map_places")
def test_world_map(case: Case) -> None:
    assert differences_of(case) == []


@_metric("device_usage")
def test_device_usage(case: Case) -> None:
    assert differences_of(case) == []


@_metric("individual_users")
def test_individual_users(case: Case) -> None:
    assert differences_of(case) == []


@_metric("sources")
def test_sources(case: Case) -> None:
    assert differences_of(case) == []


@_metric("languages", "language_regions")
def test_languages(case: Case) -> None:
    assert differences_of(case) == []


@_metric("human_escalation_rate")
def test_human_escalation_rate(case: Case) -> None:
    assert differences_of(case) == []


@_metric("conversation_feedback")
def test_conversation_feedback(case: Case) -> None:
    assert differences_of(case) == []


@_metric("unique_interactions")
def test_unique_interactions(case: Case) -> None:
    assert differences_of(case) == []
