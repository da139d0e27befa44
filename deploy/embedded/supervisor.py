"""`python -m deploy.embedded up`: starts the stack, says where it answers, and keeps it running until it is told to.

What dies is shown with its last lines and started again, sooner the first time than when it keeps dying.
"""

import os
import shlex
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.markup import escape

from deploy.embedded.errors import ProcessFailed
from deploy.embedded.page import why_not_built
from deploy.embedded.processes import Process
from deploy.embedded.settings import ROOT, StackSettings
from deploy.embedded.stack import DATABASE, Broker, Stack

STACK_FILE = ROOT / ".stack.env"
_LOOK_SECONDS = 0.25
_PAUSES = (0.5, 1, 2, 5, 10, 30)
_CALM_SECONDS = 60


class Interrupted(BaseException):
    """SIGINT or SIGTERM arrived: the stack is to stop."""


class Supervisor:
    """Runs one stack in the foreground of a terminal."""

    def __init__(self, stack: Stack, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stack = stack
        self._console = console
        self._clock = clock
        self._deaths: dict[str, list[float]] = {}
        self._due: dict[str, float] = {}

    def start(self, workers: int) -> None:
        """Starts everything and waits until everything answers."""
        with self._console.status("starting ClickHouse and the broker (Apache Kafka is fetched the first time)"):
            self._stack.start_servers()
        with self._console.status("applying the schema"):
            self._stack.apply_schema()
        with self._console.status("looking for what an unclean stop has lost"):
            audit = self._stack.audit_if_due()
        if audit:
            self._console.print("ClickHouse was not stopped in order: the last two days were audited")
            self._console.print(audit, markup=False, highlight=False, soft_wrap=True)
        for number in range(1, workers + 1):
            with self._console.status(f"starting worker {number} of {workers}"):
                self._stack.add_worker()
        with self._console.status("building the page of the dashboard"):
            problem = why_not_built()
        if problem:
            self._console.print(f"[yellow]{escape(problem)}[/]", soft_wrap=True, highlight=False)
        with self._console.status("starting the dashboard"):
            self._stack.add_dashboard()

    def look(self) -> None:
        """One look at all processes: what has died is shown, and started again once its pause is over."""
        for process in self._stack.processes:
            if process.exit_code is None:
                continue
            if process.name not in self._due:
                self._note_death(process)
            elif self._clock() >= self._due[process.name]:
                self._revive(process)

    def watch(self) -> None:
        """Looks after the processes for ever."""
        while True:
            self.look()
            time.sleep(_LOOK_SECONDS)

    def _note_death(self, process: Process) -> None:
        now = self._clock()
        recent = [at for at in self._deaths.get(process.name, []) if now - at < _CALM_SECONDS]
        pause = _PAUSES[min(len(recent), len(_PAUSES) - 1)]
        self._deaths[process.name] = [*recent, now]
        self._due[process.name] = now + pause
        self._console.print(
            f"[red]{process.name} ended with code {process.exit_code}[/]; it is started again in {pause} s"
        )
        self._show_last_lines(process)

    def _revive(self, process: Process) -> None:
        del self._due[process.name]
        try:
            self._stack.restart(process)
        except ProcessFailed as error:
            self._console.print(f"[red]{process.name} does not start[/]")
            self._console.print(str(error), markup=False, highlight=False, soft_wrap=True)
        else:
            self._console.print(f"[green]{process.name} runs again[/]")

    def _show_last_lines(self, process: Process) -> None:
        for line in process.last_lines():
            self._console.print(f"{process.name} | {line}", markup=False, highlight=False, soft_wrap=True)


def run(
    settings: StackSettings, broker: Broker, workers: int, *, console: Console | None = None, file: Path = STACK_FILE
) -> None:
    """Runs the stack until Ctrl-C or SIGTERM."""
    console = console or Console()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    stack = Stack(settings, broker)
    supervisor = Supervisor(stack, console)
    try:
        supervisor.start(workers)
        write_addresses(file, stack.environment())
        show_addresses(console, stack, settings, file)
        supervisor.watch()
    except Interrupted:
        console.print("stopping")
    finally:
        _stop(stack, file)


def write_addresses(file: Path, environment: Mapping[str, str]) -> None:
    """Writes the settings for other programs, readable by their owner alone: they hold passwords."""
    text = "".join(f"{name}={shlex.quote(value)}\n" for name, value in environment.items())
    partial = file.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    partial.replace(file)


def show_addresses(console: Console, stack: Stack, settings: StackSettings, file: Path) -> None:
    """Prints what runs and where it answers; the passwords are in the file alone."""
    lines = {
        "dashboard": f"http://127.0.0.1:{stack.dashboard.port}" if stack.dashboard else "none",
        "Kafka": f"{stack.broker.address}, topic {settings.kafka_topic}",
        "ClickHouse": f"{stack.clickhouse.address}, database {DATABASE}, users writer and reader",
        "workers": ", ".join(f"http://127.0.0.1:{worker.port}/metrics" for worker in stack.workers) or "none",
        "logs": str(settings.directory / "logs"),
        "settings and passwords": str(file),
    }
    console.print("[bold]Convostream is running; Ctrl-C stops it[/]")
    for name, value in lines.items():
        console.print(f"  [cyan]{name:<24}[/]{escape(value)}", soft_wrap=True, highlight=False)


def _stop(stack: Stack, file: Path) -> None:
    _ignore_signals()
    file.unlink(missing_ok=True)
    stack.stop()


def _ignore_signals() -> None:
    """A second Ctrl-C must not cut the stop short and leave something behind."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    _ignore_signals()
    raise Interrupted
