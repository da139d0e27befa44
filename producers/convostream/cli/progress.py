"""A progress bar on standard error: with rich if it is installed, else a plain one; none without a terminal."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

# Called with the bytes that were read.
Advance = Callable[[int], None]

_WIDTH: Final = 40
_STEP: Final = 1 << 16


@contextmanager
def progress_bar(title: str, total: int | None) -> Iterator[Advance]:
    """Show the bytes done of a total; without a total, only the bytes done."""
    if not sys.stderr.isatty():
        yield _ignore
    elif importlib.util.find_spec("rich"):
        with _rich_bar(title, total) as advance:
            yield advance
    else:
        yield PlainBar(title, total, sys.stderr).advance
        sys.stderr.write("\n")


class PlainBar:
    """A bar of `#` that is redrawn on its line."""

    def __init__(self, title: str, total: int | None, out: TextIO) -> None:
        self._title = title
        self._total = total
        self._out = out
        self._done = 0
        self._drawn = -_STEP

    def advance(self, size: int) -> None:
        """Count bytes, and redraw if the bar changes."""
        self._done += size
        if self._done - self._drawn >= _STEP or self._done == self._total:
            self._drawn = self._done
            self._out.write("\r" + self._line())
            self._out.flush()

    def _line(self) -> str:
        if not self._total:
            return f"{self._title} {self._done / 2**20:.1f} MiB"
        share = min(1.0, self._done / self._total)
        filled = int(share * _WIDTH)
        return f"{self._title} [{'#' * filled}{'.' * (_WIDTH - filled)}] {share:4.0%}"


def _ignore(_: int) -> None:
    """Show nothing."""


@contextmanager
def _rich_bar(title: str, total: int | None) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=total)
        yield lambda size: progress.update(task, advance=size)
