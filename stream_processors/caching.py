"""Remembers what a step made of a text: most events of a stream bring texts that were seen before.

The number of remembered texts is bounded, and so is their length: a text may be as long as a record (1 MiB), and
thousands of those would fill the memory.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Final, TypeVar

# Longer texts, in characters, are worked out each time. The longest usual ones are user-agent strings of apps.
LONGEST_REMEMBERED: Final = 512

Result = TypeVar("Result")


def cached_by_text(maxsize: int) -> Callable[[Callable[[str], Result]], Callable[[str], Result]]:
    """Remember the results for the latest so many texts of a pure function of one text."""

    def remember(function: Callable[[str], Result]) -> Callable[[str], Result]:
        recall = lru_cache(maxsize=maxsize)(function)

        @wraps(function)
        def answer(text: str) -> Result:
            return recall(text) if len(text) <= LONGEST_REMEMBERED else function(text)

        return answer

    return remember
