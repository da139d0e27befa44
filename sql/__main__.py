"""The commands `python -m sql apply`, `check` and `print`."""

import logging
import sys

import click

from sql.address import parse_address
from sql.connection import connect
from sql.differences import find_differences
from sql.errors import SchemaError
from sql.objects import schema_objects
from sql.retention import Retention
from sql.schema import Change, apply_schema

_url = click.option(
    "--url",
    envvar="CONVOSTREAM_CLICKHOUSE_URL",
    show_envvar=True,
    default="http://writer:password@localhost:8123/convostream",
    show_default=True,
    help="ClickHouse's HTTP address, with user, password and database.",
)
_months = click.option(
    "--retention-months",
    envvar="CONVOSTREAM_RETENTION_MONTHS",
    show_envvar=True,
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="Months that the content of events is kept (texts, addresses, metadata); 0 is for ever.",
)
_days = click.option(
    "--dead-letter-retention-days",
    envvar="CONVOSTREAM_DEAD_LETTER_RETENTION_DAYS",
    show_envvar=True,
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="Days that dead letters are kept; 0 is for ever.",
)


@click.group()
def sql() -> None:
    """Apply, check and print the tables and views of Convostream in ClickHouse.

    The objects are the files beside this program (sql/tables, sql/materialized_views, sql/views, sql/metrics), one
    object a file; sql/README.md describes them. Settings come from the environment, as in .env.example.
    """


@sql.command()
@_url
@_months
@_days
@click.option("--dry-run", is_flag=True, help="Print the statements and run none of them.")
def apply(url: str, retention_months: int, dead_letter_retention_days: int, *, dry_run: bool) -> None:
    """Migrate the database, with its rows, to the schema in the files.

    Safe to run at any time and to repeat, also after it was killed: a second run changes nothing. It creates what is
    missing, runs the migrations of sql/migrations, and changes columns, indices, settings, retention and views that
    differ. If a difference would need rows to be rewritten, it says what to do, changes nothing and exits with code 1.
    It refuses a database that a later release has changed.
    """
    database = connect(parse_address(url))

    def show(change: Change) -> None:
        click.echo(f"{change.statement};" if dry_run else f"{change.action}: {change.name}")

    retention = Retention(retention_months, dead_letter_retention_days)
    changes = apply_schema(database, retention, dry_run=dry_run, report=show)
    if not dry_run:
        click.echo(f"{database.name}: {len(changes) or 'no'} change{'' if len(changes) == 1 else 's'}")


@sql.command()
@_url
@_months
@_days
def check(url: str, retention_months: int, dead_letter_retention_days: int) -> None:
    """Print the differences between the files and the database; the exit code is 1 if there are any.

    The database is not changed. For the comparison, the files are applied to a scratch database beside it,
    <database>_check_<random>, which is dropped at the end; the user needs the right to do so.
    """
    database = connect(parse_address(url))
    differences = find_differences(database, Retention(retention_months, dead_letter_retention_days))
    for difference in differences:
        click.echo(f"{difference.name}: {difference.text}")
    if differences:
        click.echo(f"{database.name} differs from the files in {len(differences)} points", err=True)
        sys.exit(1)
    click.echo(f"{database.name} is what the files say")


@sql.command(name="print")
def print_() -> None:
    """Print the whole DDL in the order in which `apply` runs it, for review or for another tool."""
    for schema_object in schema_objects():
        click.echo(f"{schema_object.ddl.rstrip().removesuffix(';')};\n")


def main() -> None:
    """Run the command line; an error becomes one sentence and exit code 1."""
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # our own error says it
    try:
        sql(prog_name="python -m sql")
    except SchemaError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
