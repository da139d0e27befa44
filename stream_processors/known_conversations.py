"""Which conversations of a partition exist, by their hashes: a new one costs no question to ClickHouse."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt


class KnownConversations:
    """The hashes of all conversations of a partition: a sorted array, 8 bytes each, and a set of those since."""

    MAX_RECENT = 100_000

    def __init__(self, hashes: npt.NDArray[np.uint64]) -> None:
        self._sorted = np.unique(hashes)
        self._recent: set[int] = set()

    def __len__(self) -> int:
        return len(self._sorted) + len(self._recent)

    def among(self, hashes: list[int]) -> list[int]:
        """Return those hashes that are known."""
        wanted = np.array(hashes, dtype=np.uint64)
        found = np.zeros(len(wanted), dtype=bool)
        if len(self._sorted):
            places = np.searchsorted(self._sorted, wanted).clip(max=len(self._sorted) - 1)
            found = self._sorted[places] == wanted
        return [each for each, is_sorted in zip(hashes, found, strict=True) if is_sorted or each in self._recent]

    def add(self, hashes: Iterable[int]) -> None:
        """Take hashes of conversations that exist from now on."""
        self._recent.update(hashes)
        if len(self._recent) > self.MAX_RECENT:
            recent = np.fromiter(self._recent, dtype=np.uint64, count=len(self._recent))
            self._sorted = np.union1d(self._sorted, recent)
            self._recent.clear()
