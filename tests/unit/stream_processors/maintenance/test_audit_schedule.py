"""An audit is due an interval after the last one, and soon after ClickHouse has started anew."""

import pytest

from stream_processors.maintenance.audit_schedule import Due

HOUR = 3_600.0
LONG = 1_000_000.0


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        pytest.param(Due(HOUR, LONG, LONG), True, id="an interval after the last one"),
        pytest.param(Due(HOUR - 1, LONG, LONG), False, id="not before"),
        pytest.param(Due(100, 61, LONG), True, id="a minute after ClickHouse has started anew"),
        pytest.param(Due(100, 59, LONG), False, id="not in the first minute of ClickHouse"),
        pytest.param(Due(59, 61, LONG), False, id="not again when one has ended since that start"),
        pytest.param(Due(LONG, LONG, 59), False, id="not in the first minute of a worker"),
        pytest.param(Due(None, LONG, HOUR), True, id="an interval after the start when there was never one"),
        pytest.param(Due(None, LONG, HOUR - 1), False, id="not before that"),
    ],
)
def test_an_audit_is_due(due: Due, expected: bool) -> None:
    assert due.is_due(HOUR) is expected


def test_a_short_interval_waits_for_no_minute() -> None:
    assert Due(5, LONG, 5).is_due(5)
