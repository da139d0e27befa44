"""What a copy has in a column: its own names, the same facts at another time."""

import pytest

from benchmarks.workload.bulk_copy import TABLES, value_of
from tests.support.project.metadata import ROOT


@pytest.mark.parametrize(
    ("column", "kind", "value"),
    [
        pytest.param("conversation_hash", "UInt64", "c.copied_hash", id="another conversation"),
        pytest.param("content", "String", "t.content", id="what was said stays"),
        pytest.param("received_at", "DateTime64(3, 'UTC')", "t.received_at", id="it was received together"),
        pytest.param(
            "engaged_at",
            "Nullable(DateTime64(3, 'UTC'))",
            "if(toUnixTimestamp64Milli(t.engaged_at) = 0, t.engaged_at,"
            " t.engaged_at + toIntervalSecond(c.quarter_hours * 900))",
            id="a time moves, unless it is none",
        ),
        pytest.param(
            "quarter_hour",
            "UInt32",
            "if(t.quarter_hour = 0, 0, t.quarter_hour + c.quarter_hours)",
            id="and its quarter-hour with it",
        ),
    ],
)
def test_a_copy_is_another_conversation_at_another_time(column: str, kind: str, value: str) -> None:
    assert value_of(column, kind) == value


def test_every_table_that_views_read_is_copied() -> None:
    tables = {path.stem for path in (ROOT / "sql/tables").glob("*.sql")}
    assert set(TABLES) <= tables
    assert {name for name in tables if name.endswith("_facts")} <= set(TABLES)
