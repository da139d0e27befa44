"""Keeps pandas out of the worker: pyarrow loads it at the first array wherever it is installed (chDB requires it).

Nothing of it is used here, and it takes 54 MiB and up to a second in the middle of the first flush.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _NoPandas(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Say that pandas is not there."""
        if fullname == "pandas":
            raise ModuleNotFoundError("the worker does without pandas", name=fullname)
        return None


def do_without_pandas() -> None:
    """Let pandas seem not to be installed from now on, in this process."""
    sys.meta_path.insert(0, _NoPandas())
