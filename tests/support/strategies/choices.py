"""Random choices from a seeded generator, or from Hypothesis, which can shrink them."""

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

Item = TypeVar("Item")


class Choices(Protocol):
    """The random choices that the generators make."""

    def integer(self, low: int, high: int) -> int:
        """Return a number from low to high, both included."""

    def one_of(self, items: Sequence[Item]) -> Item:
        """Return one of the items."""

    def chance(self, percent: int) -> bool:
        """Return True in that many of a hundred cases."""

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """Return the items in any order."""


class RandomChoices:
    """Choices from a seed: the same seed makes the same choices."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def integer(self, low: int, high: int) -> int:
        """Return a number from low to high, both included."""
        return self._random.randint(low, high)

    def one_of(self, items: Sequence[Item]) -> Item:
        """Return one of the items."""
        return self._random.choice(items)

    def chance(self, percent: int) -> bool:
        """Return True in that many of a hundred cases."""
        return self._random.randrange(100) < percent

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """Return the items in any order."""
        return self._random.sample(items, len(items))


class DrawnChoices:
    """Choices from Hypothesis; they shrink to small numbers, early items, False and the given order."""

    def __init__(self, draw: DrawFn) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        """Return a number from low to high, both included."""
        return self._draw(st.integers(low, high))

    def one_of(self, items: Sequence[Item]) -> Item:
        """Return one of the items."""
        return self._draw(st.sampled_from(items))

    def chance(self, percent: int) -> bool:
        """Return True in that many of a hundred cases."""
        return self._draw(st.integers(0, 99)) >= 100 - percent

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """Return the items in any order."""
        return list(self._draw(st.permutations(items)))
