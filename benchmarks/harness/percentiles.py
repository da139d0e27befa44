"""Percentiles by nearest rank, as everywhere in this project."""

import math
from collections.abc import Sequence


def nearest_rank(samples: Sequence[float], percent: int) -> float:
    """Return the smallest sample that at least so many percent of the samples do not exceed."""
    return sorted(samples)[math.ceil(len(samples) * percent / 100) - 1]
