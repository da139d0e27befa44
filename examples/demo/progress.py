"""What the demo shows while it works: a bar for each stage on a terminal, and a line when the stage is done."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

# Called with how much of the stage is done.
Advance = Callable[[int], None]


class Stages:
    """The stages of a run, one after the other."""

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock

    @contextmanager
    def stage(self, title: str, total: int) -> Iterator[Advance]:
        """One stage of so many parts; where nobody watches, only the line at the end is written."""
        began = self._clock()
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        watched = self._console.is_terminal
        with Progress(
            *columns, TimeElapsedColumn(), console=self._console, transient=True, disable=not watched
        ) as progress:
            task = progress.add_task(title, total=total)
            yield lambda done: progress.update(task, completed=done)
        self._console.print(f"[green]done[/]  {title} [dim]({self._clock() - began:.1f} s)[/]")
