"""The oracle equals the cases computed by hand: the twelve rules, one test for each."""

import pytest

from tests.oracle.cases import Case, cases_of
from tests.support.metrics.oracle_cases import differences_of, facts


def _rule(number: int) -> pytest.MarkDecorator:
    cases = cases_of(f"rule {number}")
    return pytest.mark.parametrize("case", cases, ids=facts(cases))


@_rule(1)
def test_rule_1_scope(case: Case) -> None:
    assert differences_of(case) == []


@_rule(2)
def test_rule_2_time(case: Case) -> None:
    assert differences_of(case) == []


@_rule(3)
def test_rule_3_time_zone(case: Case) -> None:
    assert differences_of(case) == []


@_rule(4)
def test_rule_4_order_and_duplicates_do_not_matter(case: Case) -> None:
    assert differences_of(case) == []


@_rule(5)
def test_rule_5_nothing_is_invented(case: Case) -> None:
    assert differences_of(case) == []


@_rule(6)
def test_rule_6_unknown_is_a_row(case: Case) -> None:
    assert differences_of(case) == []


@_rule(7)
def test_rule_7_distinct_counts_are_exact(case: Case) -> None:
    assert differences_of(case) == []


@_rule(8)
def test_rule_8_null_erases_nothing(case: Case) -> None:
    assert differences_of(case) == []


@_rule(9)
def test_rule_9_order_within_a_conversation(case: Case) -> None:
    assert differences_of(case) == []


@_rule(10)
def test_rule_10_a_percentile_is_the_nearest_rank(case: Case) -> None:
    assert differences_of(case) == []


@_rule(11)
def test_rule_11_what_a_conversation_is(case: Case) -> None:
    assert differences_of(case) == []


@_rule(12)
def test_rule_12_attributes_are_the_whole_conversations(case: Case) -> None:
    assert differences_of(case) == []
