"""When a view counts as equal to the oracle."""

from datetime import date

import pytest

from tests.oracle import differences
from tests.oracle.comparison import is_same
from tests.oracle.languages import read_language
from tests.oracle.scope import Cell


@pytest.mark.parametrize(
    ("column", "wanted", "found", "same"),
    [
        pytest.param("messages", 3, 3, True, id="equal counts"),
        pytest.param("messages", 3, 3.0, False, id="a count that is a float"),
        pytest.param("messages", 0, None, False, id="nothing instead of zero"),
        pytest.param("rate", None, 0.0, False, id="zero instead of nothing"),
        pytest.param("rate", None, float("nan"), False, id="not a number instead of nothing"),
        pytest.param("mean_seconds", 1.0, 1.0 + 1e-10, True, id="a mean within a billionth"),
        pytest.param("mean_seconds", 1.0, 1.0001, False, id="a mean that is off"),
        pytest.param("p95_seconds", 100.0, 100.9, True, id="a percentile within one percent"),
        pytest.param("p95_seconds", 100.0, 101.1, False, id="a percentile that is off"),
        pytest.param("p50_seconds", 0.0, 0.005, False, id="a percentile that has to be zero"),
        pytest.param("source", "web", "web", True, id="equal names"),
        pytest.param("source", "web", "Web", False, id="a name in another case"),
        pytest.param("day", "2024-04-02", date(2024, 4, 2), True, id="a day"),
    ],
)
def test_cells_are_compared_with_the_tolerance_of_their_column(
    column: str, wanted: Cell, found: object, same: bool
) -> None:
    assert is_same(column, wanted, found) is same


def test_a_missing_row_is_reported() -> None:
    assert differences("sources", [("web", 1), ("sms", 1)], [("web", 1)])


def test_the_order_of_rows_counts() -> None:
    assert differences("sources", [("sms", 1), ("web", 1)], [("web", 1), ("sms", 1)])


@pytest.mark.parametrize(
    ("tag", "region"),
    [("zh-yue-HK", "HK"), ("zh-Hant-TW", "TW"), ("de-1996-AT", "unknown"), ("en-x-US", "unknown"), ("es-419", "419")],
)
def test_a_region_follows_the_script_and_precedes_all_else(tag: str, region: str) -> None:
    assert read_language(tag) == (tag[:2], region)
