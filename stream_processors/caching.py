"""Cache results by text: most events of a stream contain texts that were seen before.

The number of cached texts and their length are bounded: a text may be as long as a record (1 MiB), and thousands of
those would fill the memory.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Final, TypeVar

# Longer texts, in characters, are not cached. The longest common ones are user-agent strings of apps.
LONGEST_REMEMBERED: Final = 512

Result = TypeVar("Result")


def cached_by_text(maxsize: int) -> Callable[[Callable[[str], Result]], Callable[[str], Result]]:
    """Cache the results of a pure function of one text for the latest `maxsize` texts."""

    def remember(function: Callable[[str], Result]) -> Callable[[str], Result]:
        recall = lru_cache(maxsize=maxsize)(function)

        @wraps(function)
        def answer(text: str) -> Result:
            return recall(text) if len(text) <= LONGEST_REMEMBERED else function(text)

        return answer

    return remember
