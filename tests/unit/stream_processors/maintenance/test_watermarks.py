"""An event past the watermark belongs to a flush that may not have been written."""

import pytest

from stream_processors.maintenance.watermarks import Watermark, Watermarks

PARTITION = ("agent-events", 0)


@pytest.mark.parametrize(
    ("confirmed", "end", "is_past"),
    [
        pytest.param(1, (2, 19), False, id="the last event of a confirmed range"),
        pytest.param(1, (2, 20), True, id="the first event after a confirmed range"),
        pytest.param(0, (2, 9), False, id="the last event before an unconfirmed range"),
        pytest.param(0, (2, 10), True, id="the first event of an unconfirmed range"),
        pytest.param(0, (1, 99), False, id="an event of an earlier log"),
        pytest.param(1, (3, 0), True, id="an event of a later log"),
    ],
)
def test_an_event_is_past_the_watermark_when_its_range_may_be_unwritten(
    confirmed: int, end: tuple[int, int], is_past: bool
) -> None:
    assert Watermarks({PARTITION: Watermark(2, 10, 19, confirmed)}).is_past(PARTITION, end) is is_past


def test_every_event_of_a_partition_without_a_range_is_past_the_watermark() -> None:
    assert Watermarks({}).is_past(PARTITION, (1, 0))
