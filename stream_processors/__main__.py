"""`python -m stream_processors`: the worker, and the commands that maintain what it writes."""

import sys

import click

from convostream.errors import InvalidSettings
from stream_processors.commands.audit import audit_command
from stream_processors.commands.backup import backup_command, restore_command
from stream_processors.commands.cli import console, read_settings, run
from stream_processors.commands.dead_letters import dead_letters
from stream_processors.commands.people import erase_command, export_command
from stream_processors.errors import GeolocationDatabaseError
from stream_processors.maintenance.rebuild import rebuild
from stream_processors.process.identity import make_owner_id


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Process agent events from Kafka into ClickHouse, each exactly once.

    Settings are environment variables with the prefix CONVOSTREAM_; .env.example explains all of them.
    """


@main.command()
def worker() -> None:
    """Run a worker until Ctrl-C or SIGTERM.

    Start as many workers as you need: Kafka assigns the topic's partitions to them. A flush that a killed worker left
    unfinished is completed by the next owner of the partition.

    \b
    Example:
      CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS=localhost:9092 \\
      CONVOSTREAM_CLICKHOUSE_URL=http://writer:secret@localhost:8123/convostream \\
      python -m stream_processors worker
    """
    from stream_processors.worker import run_worker  # imports Faust, which the other commands do not need

    sys.exit(run_worker(read_settings()))


@main.command("rebuild")
def rebuild_command() -> None:
    """Compute all facts again from the stored events, and replace the old ones.

    Needed after a change of CONVOSTREAM_SESSION_GAP_MINUTES or CONVOSTREAM_ESCALATION_ACTIONS, or of the fold in the
    code: workers refuse to write until it has run. Running workers wait; readers see the old numbers until the new ones
    are complete.
    """
    settings = read_settings()
    facts = run(settings, "rebuilding", lambda clickhouse, report: rebuild(
        clickhouse, settings.fold_rules, f"rebuild:{make_owner_id()}", report
    ))  # fmt: skip
    console.print(f"rebuilt: {facts:,} facts by fold {settings.fold_rules.version}")


main.add_command(audit_command)
main.add_command(backup_command)
main.add_command(dead_letters)
main.add_command(erase_command)
main.add_command(export_command)
main.add_command(restore_command)


if __name__ == "__main__":
    try:
        main()
    except (GeolocationDatabaseError, InvalidSettings) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
