"""The fifteen metrics through the real worker, against numbers computed by hand: a test for each."""

import pytest

from tests.oracle.cases import Case, cases_of
from tests.support.metric_cases import Plays, parametrized

pytestmark = pytest.mark.integration


def _metric(*views: str) -> pytest.MarkDecorator:
    return parametrized(case for view in views for case in cases_of(view))


@_metric("total_messages")
def test_total_messages(plays: Plays, case: Case, delivery: str) -> None:
    assert plays[case.fact, delivery].differences() == []


@_metric("total_conversations")
def test_total_conversations(plays: Plays, case: Case, delivery: str) -> None:
    assert plays[case.fact, delivery].differences() == []


@_metric("average_response_time")
def test_average_response_time(plays: Plays, case: Case, delivery: str) -> None:
    assert plays[case.fact, delivery].differences() == []


@_metric("peak_hours")
def test_peak_hours(plays: Plays, case: Case, delivery: str) -> None:
    assert plays[case.fact, delivery].differences() == []


@_metric("daily_overview")
def test_daily_overview(plays: Plays, case: Case, delivery: str) -> None:
    assert plays[case.fact, delivery].differences() == []


@_metric("average_conversation_duration")
def test_average_conversation_duration(plays: Plays, case: Case, delivery: str) -> None:
    assert plays[case.fact, delivery].differences() == []


@_metric("tool_usage")
def test_tool_usage(plays: Plays, case: Case, delivery: str) -> None:
    assert plays[case.fact, delivery].differences() == []


@_metric("world_map", "world_map_places")
def test_world_map(plays: Plays, case: Case, delivery: str) -> None:
    assert plays[case.fact, delivery].differences() == []


@_metric("device_usage")
def test_device_usage(plays: Plays, case: Case, delivery: str) -> None:
    assert plays[case.fact, delivery].differences() == []


@_metric("individual_users")
def test_individual_users(plays: Plays, case: Case, delivery: str) -> None:
    assert plays[case.fact, delivery].differences() == []


@_metric("sources")
def test_sources(plays: Plays, case: Case, delivery: str) -> None:
    assert plays[case.fact, delivery].differences() == []


@_metric("languages", "language_regions")
def test_languages(plays: Plays, case: Case, delivery: str) -> None:
    assert plays[case.fact, delivery].differences() == []


@_metric("human_escalation_rate")
def test_human_escalation_rate(plays: Plays, case: Case, delivery: str) -> None:
    assert plays[case.fact, delivery].differences() == []


@_metric("conversation_feedback")
def test_conversation_feedback(plays: Plays, case: Case, delivery: str) -> None:
    assert plays[case.fact, delivery].differences() == []


@_metric("unique_interactions")
def test_unique_interactions(plays: Plays, case: Case, delivery: str) -> None:
    assert plays[case.fact, delivery].differences() == []
