"""What lies behind a cut was touched by a flush that may have been under way."""

import pytest

from stream_processors.maintenance.watermarks import Cut, Latest

PLACE = ("agent-events", 0)


@pytest.mark.parametrize(
    ("confirmed", "end", "is_touched"),
    [
        pytest.param(1, (2, 19), False, id="the last event of a range that has landed"),
        pytest.param(1, (2, 20), True, id="the first event after a range that has landed"),
        pytest.param(0, (2, 9), False, id="the last event before a range under way"),
        pytest.param(0, (2, 10), True, id="the first event of a range under way"),
        pytest.param(0, (1, 99), False, id="an event of an earlier log"),
        pytest.param(1, (3, 0), True, id="an event of a later log"),
    ],
)
def test_an_event_is_touched_when_its_range_may_not_have_landed_at_the_cut(
    confirmed: int, end: tuple[int, int], is_touched: bool
) -> None:
    assert Cut({PLACE: Latest(2, 10, 19, confirmed)}).is_touched(PLACE, end) is is_touched


def test_every_event_of_a_partition_that_had_no_range_is_touched() -> None:
    assert Cut({}).is_touched(PLACE, (1, 0))
