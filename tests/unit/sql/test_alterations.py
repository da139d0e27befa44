"""The plan of a table leads to the order of columns that its file has, whatever is added and moved."""

import re

from hypothesis import given
from hypothesis import strategies as st

from sql.alterations import Step, plan_table
from sql.definition import TableDefinition

COLUMNS = list("abcdef")


def definition(columns: list[str]) -> TableDefinition:
    listed = ", ".join(f"`{column}` String" for column in columns)
    return TableDefinition.read(f"CREATE TABLE d.t ({listed}) ENGINE = MergeTree ORDER BY tuple()")


def applied(columns: list[str], step: object) -> list[str]:
    """Return the order of columns after a step, as ClickHouse moves them: one after the other."""
    assert isinstance(step, Step)
    for column, before in re.findall(r"COLUMN (?:IF NOT EXISTS )?`(\w)` String (FIRST|AFTER `\w`)", step.statement):
        columns = [name for name in columns if name != column]
        columns.insert(0 if before == "FIRST" else columns.index(before[-2]) + 1, column)
    return columns


@given(st.permutations(COLUMNS), st.permutations(COLUMNS), st.integers(1, 6))
def test_added_and_moved_columns_end_in_the_order_of_the_file(wanted: list[str], present: list[str], kept: int) -> None:
    columns = present[:kept]
    for step in plan_table("t", definition(wanted), definition(columns)):
        columns = applied(columns, step)
    assert columns == wanted
