"""Chance without chance: every choice of the demo is a hash of names, so each run makes the same ones."""

from bisect import bisect
from collections.abc import Iterable
from hashlib import blake2b
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


def share(*names: object) -> float:
    """A number in [0, 1) that depends on these names alone and is spread evenly over them."""
    digest = blake2b("\0".join(map(str, names)).encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2**48


def chance(probability: float, *names: object) -> bool:
    """Whether it happens to these names; it does to about that share of all."""
    return share(*names) < probability


class Weighted(Generic[T]):
    """Choices of which some are drawn more often than others."""

    def __init__(self, choices: Iterable[tuple[T, float]]) -> None:
        chosen = [(value, weight) for value, weight in choices if weight > 0]
        self._values = [value for value, _ in chosen]
        self._bounds = list(accumulate(weight for _, weight in chosen))

    def draw(self, *names: object) -> T:
        """The choice that falls to these names."""
        return self._values[bisect(self._bounds, share(*names) * self._bounds[-1])]
