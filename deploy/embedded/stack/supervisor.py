"""`python -m deploy.embedded up`: start the stack, print its addresses, and keep it running until it is stopped.

A process that dies is restarted: at once, or after a pause if it keeps dying. Its last lines are printed. No restart
waits for another one, because each process may need one that has died too.
"""

import math
import os
import shlex
import signal
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.markup import escape

from deploy.embedded.clickhouse.confinement import missing_confinement
from deploy.embedded.errors import ProcessFailed
from deploy.embedded.settings import ROOT, StackSettings
from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.stack import DATABASE, Broker, Stack
from deploy.embedded.stack.wheels import build_page

STACK_FILE = ROOT / ".stack.env"
_POLL_SECONDS = 0.25
_PAUSES = (0, 0.5, 1, 2, 5, 10, 30)

# A process that has answered for this long is restarted at once.
_STABLE_SECONDS = 5


class Interrupted(BaseException):
    """SIGINT or SIGTERM arrived: stop the stack."""


@dataclass(slots=True)
class _Life:
    """The state of one process; at most one of `due` and `start` is set while it does not run."""

    failures: int = 0
    ready_at: float = -math.inf
    due: float | None = None
    start: "Future[None] | None" = None


class Supervisor:
    """Runs one stack in the foreground of a terminal."""

    def __init__(self, stack: Stack, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stack = stack
        self._console = console
        self._clock = clock
        self._lives: dict[str, _Life] = {}
        # These threads only wait for readiness: a child ends with the thread that started it, hence the main thread.
        self._threads = ThreadPoolExecutor(thread_name_prefix="start")

    def start(self, workers: int) -> None:
        """Start everything, and wait until everything answers."""
        with self._console.status("starting ClickHouse and the broker (Apache Kafka is fetched the first time)"):
            self._stack.start_servers()
        if unconfined := missing_confinement():
            self._console.print(f"[yellow]{unconfined}[/]", soft_wrap=True, highlight=False)
        with self._console.status("applying the schema"):
            self._stack.apply_schema()
        with self._console.status("auditing after an unclean stop"):
            audit = self._stack.audit_if_due()
        if audit:
            self._console.print("ClickHouse was not stopped cleanly: the last two days were audited")
            self._console.print(audit, markup=False, highlight=False, soft_wrap=True)
        for number in range(1, workers + 1):
            with self._console.status(f"starting worker {number} of {workers}"):
                self._stack.add_worker()
        with self._console.status("building the page of the dashboard"):
            problem = build_page()
        if problem:
            self._console.print(f"[yellow]{escape(problem)}[/]", soft_wrap=True, highlight=False)
        with self._console.status("starting the dashboard"):
            self._stack.add_dashboard()

    def poll(self) -> None:
        """Check all processes once: print what died and restart it, without waiting."""
        for process in self._stack.processes:
            life = self._lives.setdefault(process.name, _Life())
            if life.start is not None:
                if life.start.done():
                    self._note_start(process, life, life.start)
            elif life.due is not None:
                if self._clock() >= life.due:
                    self._start_again(process, life)
            elif process.exit_code is not None:
                self._note_death(process, life)

    def watch(self) -> None:
        """Supervise the processes until SIGINT or SIGTERM; neither interrupts a start."""
        signals: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _: signals.append(number))
        while not signals:
            self.poll()
            time.sleep(_POLL_SECONDS)
        _ignore_signals()
        raise Interrupted

    def _note_death(self, process: Process, life: "_Life") -> None:
        if self._clock() - life.ready_at >= _STABLE_SECONDS:
            life.failures = 0
        pause = self._schedule(life)
        when = f"in {pause} s" if pause else "at once"
        self._console.print(f"[red]{process.name} ended with code {process.exit_code}[/]; it restarts {when}")
        self._show_last_lines(process)
        if not pause:
            self._start_again(process, life)

    def _schedule(self, life: "_Life") -> float:
        pause = _PAUSES[min(life.failures, len(_PAUSES) - 1)]
        life.failures += 1
        life.due = self._clock() + pause
        return pause

    def _start_again(self, process: Process, life: "_Life") -> None:
        life.due = None
        process.kill()
        process.start()
        life.start = self._threads.submit(self._stack.wait_until_ready, process)

    def _note_start(self, process: Process, life: "_Life", start: "Future[None]") -> None:
        life.start = None
        try:
            start.result()
        except ProcessFailed as error:
            pause = self._schedule(life)
            self._console.print(f"[red]{process.name} does not start[/]; the next attempt is in {pause} s")
            self._console.print(str(error), markup=False, highlight=False, soft_wrap=True)
        else:
            life.ready_at = self._clock()
            self._console.print(f"[green]{process.name} runs again[/]")

    def _show_last_lines(self, process: Process) -> None:
        for line in process.last_lines():
            self._console.print(f"{process.name} | {line}", markup=False, highlight=False, soft_wrap=True)


def run(
    settings: StackSettings, broker: Broker, workers: int, *, console: Console | None = None, file: Path = STACK_FILE
) -> None:
    """Run the stack until Ctrl-C or SIGTERM."""
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
    """Write the settings for other programs; only the owner can read the file, because it has passwords."""
    text = "".join(f"{name}={shlex.quote(value)}\n" for name, value in environment.items())
    # A new file: one that another user may have put there is neither followed nor written to.
    descriptor, partial = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
    Path(partial).replace(file)


def show_addresses(console: Console, stack: Stack, settings: StackSettings, file: Path) -> None:
    """Print the addresses; only the file has the passwords."""
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
    """Ignore a second Ctrl-C, which would interrupt the stop and leave processes behind."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    _ignore_signals()
    raise Interrupted
