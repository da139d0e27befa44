"""`python -m stream_processors erase` and `export`: remove what is stored of a person, or write it to a file."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

import click
from rich.table import Table

from stream_processors.commands.cli import console, read_settings, run
from stream_processors.errors import OperatorError
from stream_processors.maintenance.erase import Receipt, erase, erase_pending, preview
from stream_processors.maintenance.export import export
from stream_processors.maintenance.person import Person
from stream_processors.process.identity import make_owner_id

F = TypeVar("F", bound=Callable[..., object])
PRIVATE: Final = 0o600


def of_person(command: F) -> F:
    """Add the options that identify a person."""
    for option in (
        click.option("--conversation", help="The id of one conversation."),
        click.option("--customer", help="A customer_id: all conversations in which an event names it."),
        click.option("--environment", default="production", show_default=True, help="The environment."),
        click.option("--agent", help="The agent that the person talked to."),
    ):
        command = option(command)
    return command


@click.command("erase")
@of_person
@click.option("--dry-run", is_flag=True, help="Only count what would be removed.")
@click.option("--pending", is_flag=True, help="Complete erasures that were cut off, or undone by a restored backup.")
def erase_command(
    agent: str | None,
    environment: str,
    customer: str | None,
    conversation: str | None,
    *,
    dry_run: bool,
    pending: bool,
) -> None:
    """Erase a person: remove a customer's conversations, or one conversation, from every table, for good.

    Workers wait meanwhile, and from then on drop records that would bring a conversation back. Repeat the command if it
    was stopped. docs/privacy.md says what it cannot reach.

    \b
    Example:
      python -m stream_processors erase --agent support --customer 4711 --dry-run
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # releases the claims
    settings = read_settings()
    owner_id = f"erase:{make_owner_id()}"
    if pending:
        if agent or customer or conversation or dry_run:
            raise click.UsageError("--pending names nobody: it takes no other option")
        print_receipt(run(settings, "erasing", lambda house, _: erase_pending(house, settings.fold_rules, owner_id)))
        return
    person = named(agent, environment, customer, conversation)
    if dry_run:
        print_receipt(run(settings, "counting", lambda house, _: preview(house, person)), is_dry=True)
        return
    print_receipt(run(settings, "erasing", lambda house, _: erase(house, settings.fold_rules, person, owner_id)))


@click.command("export")
@of_person
@click.option("--output", type=click.Path(path_type=Path), help="A new file, readable for you alone.  [default: -]")
def export_command(
    agent: str | None, environment: str, customer: str | None, conversation: str | None, output: Path | None
) -> None:
    """Export a person: write all that is stored of a customer, or of one conversation, as lines of JSON.

    \b
    Example:
      python -m stream_processors export --agent support --customer 4711 --output 4711.jsonl
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = read_settings()
    person = named(agent, environment, customer, conversation)
    with opened(output) as file:
        counts = run(settings, "", lambda house, _: export(house, person, lambda line: write_line(file, line)))
        file.flush()
    said = ", ".join(f"{table}: {rows:,}" for table, rows in counts.items())
    click.echo(f"exported {sum(counts.values()):,} rows ({said})", err=True)


def named(agent: str | None, environment: str, customer: str | None, conversation: str | None) -> Person:
    """Return the person; invalid options end the command."""
    if agent is None:
        raise click.UsageError("name the agent: --agent")
    try:
        return Person.named(agent, environment, customer, conversation)
    except OperatorError as error:
        raise click.UsageError(str(error)) from None


@contextmanager
def opened(output: Path | None) -> Iterator[BinaryIO]:
    """Open a new file; it is removed if the export fails."""
    if output is None:
        yield sys.stdout.buffer
        return
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    except OSError as error:
        raise click.ClickException(f"{output} cannot be created: {error.strerror}; name a new file") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
    except BaseException:
        output.unlink(missing_ok=True)
        raise


def write_line(file: BinaryIO, line: bytes) -> None:
    """Write a line."""
    file.write(line)
    file.write(b"\n")


def print_receipt(receipt: Receipt, *, is_dry: bool = False) -> None:
    """Print the removed rows by table."""
    table = Table("table", "rows" if is_dry else "rows removed", "seconds")
    table.title, table.title_justify = "would be erased" if is_dry else "erased", "left"
    for removal in receipt.removed:
        table.add_row(removal.table, f"{removal.rows:,}", f"{removal.seconds:.2f}")
    console.print(table)
    console.print(f"{receipt.conversations:,} conversations, {receipt.seconds:.1f} s")
