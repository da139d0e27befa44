"""A percentile is one of the samples."""

import pytest

from benchmarks.harness.percentiles import nearest_rank


@pytest.mark.parametrize(
    ("samples", "percent", "found"),
    [
        pytest.param([7.0], 99, 7.0, id="of one sample it is that one"),
        pytest.param([1.0, 2.0, 3.0, 4.0], 50, 2.0, id="of an even number it is the lower one in the middle"),
        pytest.param([3.0, 1.0, 2.0], 50, 2.0, id="whatever their order"),
        pytest.param([*range(1, 101)], 99, 99, id="one of a hundred exceeds the 99th"),
        pytest.param([*range(1, 102)], 99, 100, id="the rank is rounded up"),
    ],
)
def test_a_percentile_is_the_nearest_rank(samples: list[float], percent: int, found: float) -> None:
    assert nearest_rank(samples, percent) == found
