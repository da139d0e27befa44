"""Compare rows of a view with the oracle: counts and names exactly, means to 1e-9, percentiles to 1 %."""

import math
from collections.abc import Sequence
from datetime import date

from tests.oracle.scope import Cell, Row
from tests.oracle.views import COLUMNS

PERCENTILE_TOLERANCE = 0.01
MEAN_TOLERANCE = 1e-9


def differences(name: str, expected: Sequence[Row], actual: Sequence[Sequence[object]]) -> list[str]:
    """Return a sentence for each cell or row that differs; none when the view is right."""
    if len(expected) != len(actual):
        return [f"{name}: {len(actual)} rows instead of {len(expected)}: {list(actual)} instead of {list(expected)}"]
    return [
        f"{name}, row {number}, {column}: {found!r} instead of {wanted!r}"
        for number, (wanted_row, found_row) in enumerate(zip(expected, actual, strict=True))
        for column, wanted, found in zip(COLUMNS[name], wanted_row, found_row, strict=True)
        if not is_same(column, wanted, found)
    ]


def is_same(column: str, wanted: Cell, found: object) -> bool:
    """Return whether one cell is right."""
    if isinstance(found, date):
        found = found.isoformat()
    if isinstance(wanted, float) and isinstance(found, int | float):
        tolerance = PERCENTILE_TOLERANCE if column.startswith("p") and column.endswith("_seconds") else MEAN_TOLERANCE
        return math.isclose(wanted, found, rel_tol=tolerance, abs_tol=1e-12)
    return type(wanted) is type(found) and wanted == found
