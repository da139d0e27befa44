"""Repeatable random choices: each is a hash of names, so that every run of the demo makes the same ones."""

from bisect import bisect
from collections.abc import Iterable
from hashlib import blake2b
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


def share(*names: object) -> float:
    """Return a number in [0, 1) that depends on these names alone, uniformly distributed over them."""
    digest = blake2b("\0".join(map(str, names)).encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2**48


def chance(probability: float, *names: object) -> bool:
    """Return whether an event of this probability happens to these names."""
    return share(*names) < probability


class Weighted(Generic[T]):
    """Values of which some are chosen more often than others."""

    def __init__(self, choices: Iterable[tuple[T, float]]) -> None:
        possible = [(value, weight) for value, weight in choices if weight > 0]
        self._values = [value for value, _ in possible]
        self._bounds = list(accumulate(weight for _, weight in possible))

    def choose(self, *names: object) -> T:
        """Return the value for these names."""
        return self.at(share(*names))

    def at(self, quantile: float) -> T:
        """Return the value at a quantile in [0, 1), in the order in which the values were given."""
        return self._values[bisect(self._bounds, quantile * self._bounds[-1])]
