"""Which conversations of a partition exist, by their hashes: a new one costs no question to ClickHouse."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt


class ConversationIndex:
    """The hashes of all conversations of a partition: a sorted array, 8 bytes each, and a set of those since."""

    # In a set a hash takes ten times as much memory; adding so many to millions takes milliseconds.
    MAX_RECENT = 20_000

    def __init__(self, hashes: npt.NDArray[np.uint64]) -> None:
        self._sorted = np.unique(hashes)
        self._recent: set[int] = set()

    def __len__(self) -> int:
        return len(self._sorted) + len(self._recent)

    def among(self, hashes: list[int]) -> list[int]:
        """Return those hashes that are known."""
        found = self._are_sorted(np.array(hashes, dtype=np.uint64))
        return [each for each, is_sorted in zip(hashes, found, strict=True) if is_sorted or each in self._recent]

    def add(self, hashes: Iterable[int]) -> None:
        """Take hashes of conversations that exist from now on."""
        self._recent.update(hashes)
        if len(self._recent) > self.MAX_RECENT:
            recent = np.sort(np.fromiter(self._recent, dtype=np.uint64, count=len(self._recent)))
            fresh = recent[~self._are_sorted(recent)]
            self._sorted = np.insert(self._sorted, np.searchsorted(self._sorted, fresh), fresh)
            self._recent.clear()

    def _are_sorted(self, hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        """Tell of each hash whether the sorted array has it."""
        if not len(self._sorted):
            return np.zeros(len(hashes), dtype=bool)
        places = np.searchsorted(self._sorted, hashes).clip(max=len(self._sorted) - 1)
        found: npt.NDArray[np.bool_] = self._sorted[places] == hashes
        return found
