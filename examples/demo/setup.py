"""The parts that the demo runs on: the stack, told by which actions the transcripts' agents hand over to a person."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.embedded.errors import ProcessFailed
from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.page import why_not_built
from deploy.embedded.stack.stack import Broker, Stack
from deploy.embedded.stack.supervisor import write_addresses
from examples.demo.conversations import HAND_OVERS
from examples.demo.progress import Stages

WORKER_SETTINGS: Final = {
    "CONVOSTREAM_ESCALATION_ACTIONS": ",".join(HAND_OVERS),
    "CONVOSTREAM_KAFKA_SESSION_TIMEOUT_SECONDS": "6",  # the embedded broker lets a member in after half of it
}


@dataclass(slots=True)
class Directory:
    """Where the data and the logs of a run lie, and whether they are to stay."""

    path: Path
    keep: bool


@contextmanager
def directory_of(given: Path | None) -> Iterator[Directory]:
    """The directory that was asked for, or a temporary one that ends with the run unless something failed."""
    directory = Directory((given or Path(tempfile.mkdtemp(prefix="convostream-demo-"))).resolve(), given is not None)
    try:
        yield directory
    finally:
        if not directory.keep:
            shutil.rmtree(directory.path, ignore_errors=True)


def make_stack(directory: Path, broker: Broker) -> Stack:
    """The stack over this directory, not started yet."""
    settings = StackSettings().model_copy(update={"data_directory": directory})
    return Stack(settings, broker, worker_environment=WORKER_SETTINGS)


def start(stack: Stack, stages: Stages) -> None:
    """Starts what carries the data and waits until it answers."""
    steps: list[tuple[str, Callable[[], object]]] = [
        ("start ClickHouse and the broker", stack.start_servers),
        ("apply the schema", stack.apply_schema),
        ("look for what an unclean stop has lost", stack.audit_if_due),
        ("start a worker", stack.add_worker),
    ]
    for title, step in steps:
        with stages.stage(title, 1) as advance:
            step()
            advance(1)


@dataclass(frozen=True, slots=True)
class Page:
    """Where the dashboard answers, and why it has no page if it has none."""

    address: str
    problem: str


def start_dashboard(stack: Stack, stages: Stages) -> Page:
    """Builds the page if need be, and starts the dashboard."""
    with stages.stage("build the page", 1) as advance:
        problem = why_not_built()
        advance(1)
    with stages.stage("start the dashboard", 1) as advance:
        port = stack.add_dashboard().port
        advance(1)
    return Page(f"http://127.0.0.1:{port}/", problem)


@contextmanager
def addresses_written(stack: Stack, file: Path) -> Iterator[None]:
    """The addresses lie in a file for other programs while the context lasts; another stack's are not removed."""
    write_addresses(file, {**stack.environment(), **WORKER_SETTINGS})
    written = file.read_bytes()
    try:
        yield
    finally:
        if file.exists() and file.read_bytes() == written:
            file.unlink()


def check(stack: Stack) -> None:
    """Raises ProcessFailed with its last lines when a part has ended."""
    for process in stack.processes:
        if process.exit_code is not None:
            lines = "\n".join(process.last_lines())
            raise ProcessFailed(f"{process.name} ended with code {process.exit_code}:\n{lines}")
