"""Start what the demo runs on: the embedded stack, with the actions by which the agents of the transcripts escalate."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.embedded.errors import ProcessFailed
from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.stack import Broker, Stack
from deploy.embedded.stack.supervisor import write_addresses
from deploy.embedded.stack.wheels import build_page
from examples.demo.conversations import HAND_OVERS
from examples.demo.progress import Stages

WORKER_SETTINGS: Final = {
    "CONVOSTREAM_ESCALATION_ACTIONS": ",".join(HAND_OVERS),
    "CONVOSTREAM_KAFKA_SESSION_TIMEOUT_SECONDS": "6",  # the embedded broker admits a member after half of it
}


@dataclass(slots=True)
class Directory:
    """Where the data and the logs of a run are, and whether to keep them."""

    path: Path
    keep: bool


@dataclass(frozen=True, slots=True)
class Page:
    """The address of the dashboard, and why it has no page; empty if it has one."""

    address: str
    problem: str


@contextmanager
def open_directory(path: Path | None) -> Iterator[Directory]:
    """Provide the given directory, or a temporary one that is removed unless something failed."""
    directory = Directory((path or Path(tempfile.mkdtemp(prefix="convostream-demo-"))).resolve(), path is not None)
    try:
        yield directory
    finally:
        if not directory.keep:
            shutil.rmtree(directory.path, ignore_errors=True)


def make_stack(directory: Path, broker: Broker) -> Stack:
    """Return the stack of a directory, not started yet."""
    settings = StackSettings().model_copy(update={"data_directory": directory})
    return Stack(settings, broker, worker_environment=WORKER_SETTINGS)


def start_pipeline(stack: Stack, stages: Stages) -> None:
    """Start everything that the data pass through; wait until all but the worker are ready."""
    steps: list[tuple[str, Callable[[], object]]] = [
        ("start ClickHouse and the broker", stack.start_servers),
        ("apply the schema", stack.apply_schema),
        ("audit after an unclean stop", stack.audit_if_due),
        # Its partitions are assigned while the transcripts are replayed.
        ("start a worker", lambda: stack.add_worker(wait=False)),
    ]
    for title, step in steps:
        with stages.stage(title, 1):
            step()


def start_page_build() -> "Future[str]":
    """Build the page in a thread, while the stack starts; the result is why there is no page, or an empty string."""
    threads = ThreadPoolExecutor(1, thread_name_prefix="page")
    try:
        return threads.submit(build_page)
    finally:
        threads.shutdown(wait=False)


def start_dashboard(stack: Stack, stages: Stages, page_build: "Future[str]") -> Page:
    """Wait for the page, and start the dashboard."""
    with stages.stage("build the page", 1):
        problem = page_build.result()
    with stages.stage("start the dashboard", 1):
        port = stack.add_dashboard().port
    return Page(f"http://127.0.0.1:{port}/", problem)


@contextmanager
def addresses_written(stack: Stack, file: Path) -> Iterator[None]:
    """Keep the addresses in a file for other programs; leave the file alone if another stack has replaced it."""
    write_addresses(file, {**stack.environment(), **WORKER_SETTINGS})
    content = file.read_bytes()
    try:
        yield
    finally:
        if file.exists() and file.read_bytes() == content:
            file.unlink()


def check_processes(stack: Stack) -> None:
    """Raise ProcessFailed with the last lines of a process that has ended."""
    for process in stack.processes:
        if process.exit_code is not None:
            lines = "\n".join(process.last_lines())
            raise ProcessFailed(f"{process.name} ended with code {process.exit_code}:\n{lines}")
