"""Show the progress of the demo: a bar for each stage on a terminal, and a line when the stage is done."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

# Called with the number of parts that are done.
Advance = Callable[[int], None]


class Stages:
    """The stages of a run, one after the other."""

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock

    @contextmanager
    def stage(self, title: str, total: int) -> Iterator[Advance]:
        """Run one stage of `total` parts. Without a terminal, print only the line at the end."""
        began = self._clock()
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(
            *columns, TimeElapsedColumn(), console=self._console, transient=True, disable=not self._console.is_terminal
        ) as progress:
            task = progress.add_task(title, total=total)
            yield lambda done: progress.update(task, completed=done)
        self._console.print(f"[green]done[/]  {title} [dim]({self._clock() - began:.1f} s)[/]")
