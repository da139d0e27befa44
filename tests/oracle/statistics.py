"""Means, percentiles and rates; None without data."""

import math
from collections.abc import Sequence

PERCENTS = (50, 90, 95, 99)


def ratio(part: float, whole: float) -> float | None:
    """Return part / whole, None when the whole is 0."""
    return part / whole if whole else None


def mean_seconds(milliseconds: Sequence[float]) -> float | None:
    """Return the mean in seconds."""
    return ratio(math.fsum(milliseconds) / 1000, len(milliseconds))


def percentile(samples: Sequence[float], percent: int) -> float | None:
    """Return the smallest sample that at least this percentage of the samples do not exceed."""
    ordered = sorted(samples)
    return ordered[max(1, math.ceil(percent * len(ordered) / 100)) - 1] if ordered else None


def timings(milliseconds: Sequence[float]) -> tuple[float | None, ...]:
    """Return mean, p50, p90, p95 and p99 in seconds."""
    ranks = (percentile(milliseconds, percent) for percent in PERCENTS)
    return mean_seconds(milliseconds), *(None if rank is None else rank / 1000 for rank in ranks)
