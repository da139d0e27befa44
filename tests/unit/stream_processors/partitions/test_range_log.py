"""The range log, as far as it needs no server: its columns are those of the tables, and what comes last comes first."""

import re

from stream_processors.partitions.range_log import LATEST_SQL, RANGE_TYPES
from tests.support.project.metadata import ROOT


def declared(table: str) -> list[str]:
    return re.findall(r"^    (\w+) \S.*(?:COMMENT|\)\)$)", (ROOT / f"sql/tables/{table}.sql").read_text(), re.MULTILINE)


def columns_of(sql: str) -> set[str]:
    """The columns that a query selects, names given by AS left out."""
    selected = sql.partition("SELECT ")[2].partition(" FROM ")[0]
    return set(re.findall(r"[a-z_]+", re.sub(r" AS \w+|\w+\(|now64|proof -> \(.*?\)\)?, proof.3\)|", "", selected)))


def test_a_range_is_written_with_every_column_that_has_no_default() -> None:
    assert [name for name in declared("ranges") if name != "written_at"] == list(RANGE_TYPES)


def test_what_is_read_of_ranges_is_in_their_table() -> None:
    assert columns_of(LATEST_SQL) <= {*declared("ranges")}
