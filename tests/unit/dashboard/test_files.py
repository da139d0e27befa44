"""Rows as files: names from producers never become spreadsheet formulas."""

import pyarrow as pa
import pytest

from dashboard.routes.metrics import as_file, without_formulas

CELLS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=x", "plain", "a=b", "", "'quoted", None, "ünï -1"]


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell and cell[0] in "=+-@\t\r"])
def test_a_text_that_looks_like_a_formula_is_prefixed_with_an_apostrophe(cell: str) -> None:
    table = without_formulas(pa.table({"action_name": [cell]}))
    assert table.to_pydict() == {"action_name": [f"'{cell}"]}


def test_other_texts_and_negative_numbers_are_unchanged() -> None:
    table = pa.table({"name": CELLS[6:], "latitude": pa.array([-1.5] * len(CELLS[6:]), pa.float64())})
    assert without_formulas(table) == table


def test_csv_is_safe_and_parquet_exact() -> None:
    table = pa.table({"action_name": ["=cmd"], "calls": pa.array([1], pa.uint64())})
    assert bytes(as_file("tool_usage", "csv", table, None).body) == b'"action_name","calls"\n"\'=cmd",1\n'
    assert b"'=cmd" not in bytes(as_file("tool_usage", "parquet", table, None).body)
