"""`python -m stream_processors backup` and `restore`."""

import click

from stream_processors.commands.cli import console, read_settings, run
from stream_processors.errors import OperatorError
from stream_processors.maintenance.backup import back_up, restore
from stream_processors.process.identity import make_owner_id


@click.command("backup")
@click.argument("name")
@click.option("--base", help="An earlier backup: only what changed since then is written.")
def backup_command(name: str, base: str | None) -> None:
    """Back up the whole database as NAME on ClickHouse's disk `backups`.

    Workers wait meanwhile, and Kafka keeps new records. docs/backup.md says what a backup contains and how to
    restore it.

    \b
    Example:
      python -m stream_processors backup monday
      python -m stream_processors backup tuesday --base monday
    """
    owner_id = f"backup:{make_owner_id()}"
    size = run(read_settings(), "backing up", lambda clickhouse, _: back_up(clickhouse, owner_id, name, base))
    console.print(f"backed up: {name}, {size:,} bytes")


@click.command("restore")
@click.argument("name")
@click.option("--source", help="Name of the database in the backup.  [default: that of CONVOSTREAM_CLICKHOUSE_URL]")
def restore_command(name: str, source: str | None) -> None:
    """Restore the backup NAME into the database of CONVOSTREAM_CLICKHOUSE_URL, which must be empty.

    Stop the workers first and start them afterwards. They continue at the position of the backup and read later records
    from Kafka again.
    """
    try:
        restore(read_settings().clickhouse_url.get_secret_value(), name, source)
    except OperatorError as error:
        raise click.ClickException(str(error)) from error
    console.print(f"restored: {name}. Run `python -m sql apply`, then start the workers.")
