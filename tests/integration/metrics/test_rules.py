"""The twelve rules through the real worker, compared with numbers computed by hand: one test for each."""

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from tests.oracle import COLUMNS, Question
from tests.oracle.cases import Case, cases_of
from tests.support.metrics.case_deliveries import DeliveredCases, parametrized
from tests.support.stack.harness import Harness, statement


def _rule(number: int) -> pytest.MarkDecorator:
    return parametrized(cases_of(f"rule {number}"))


@_rule(1)
def test_rule_1_scope(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_rule(2)
def test_rule_2_time(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_rule(3)
def test_rule_3_time_zone(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_rule(4)
def test_rule_4_order_and_duplicates_do_not_matter(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_rule(5)
def test_rule_5_nothing_is_invented(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_rule(6)
def test_rule_6_unknown_is_a_row(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_rule(7)
def test_rule_7_distinct_counts_are_exact(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_rule(8)
def test_rule_8_null_erases_nothing(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_rule(9)
def test_rule_9_order_within_a_conversation(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_rule(10)
def test_rule_10_a_percentile_is_the_nearest_rank(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_rule(11)
def test_rule_11_what_a_conversation_is(delivered_cases: DeliveredCases, case: Case, delivery: str) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@_rule(12)
def test_rule_12_attributes_are_the_whole_conversations(
    delivered_cases: DeliveredCases, case: Case, delivery: str
) -> None:
    assert delivered_cases[case.fact, delivery].differences() == []


@pytest.mark.parametrize("view", COLUMNS)
@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "+02:00"])
def test_an_unknown_time_zone_is_an_error_in_every_view(harness: Harness, view: str, zone: str) -> None:
    question = Question("nobody", "production", 0, 86_400_000, zone, 0)
    with pytest.raises(DatabaseError, match=r"(?i)time.?zone"):
        harness.reader.query(statement(view, question))
