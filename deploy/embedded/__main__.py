"""`python -m deploy.embedded`: run one process in the foreground, or the whole stack."""

import logging
import os
import sys
from pathlib import Path

import click

from deploy.embedded.clickhouse import launcher
from deploy.embedded.errors import EmbeddedError
from deploy.embedded.private import UMASK
from deploy.embedded.settings import StackSettings
from deploy.embedded.stack import broker as broker_part
from deploy.embedded.stack import supervisor
from deploy.embedded.stack.stack import Broker

_PORT = "Port on localhost; 0 means any free port."


@click.group(context_settings={"show_default": True, "help_option_names": ["-h", "--help"]})
def main() -> None:
    """Start Convostream's embedded stack, or one process of it in the foreground.

    All ports are on localhost by default. The passwords of the users `writer` and `reader` come from
    CONVOSTREAM_WRITER_PASSWORD and CONVOSTREAM_READER_PASSWORD, or are generated for each data directory.
    """
    os.umask(UMASK)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)


@main.command()
@click.option("--broker", type=click.Choice(["embedded", "kafka"]), default="embedded", help="The broker to run.")
@click.option(
    "--data-directory", type=click.Path(path_type=Path), help="Directory of the data.  [default: .convostream]"
)
@click.option("--workers", type=click.IntRange(min=0), default=1, help="Number of workers.")
@click.option("--no-worker", is_flag=True, help="Start no worker: the same as --workers 0.")
@click.option(
    "--stack-file",
    type=click.Path(path_type=Path),
    default=supervisor.STACK_FILE,
    help="File to write the addresses to.",
)
def up(broker: Broker, data_directory: Path | None, workers: int, no_worker: bool, stack_file: Path) -> None:
    """Start ClickHouse, a broker, the topic, the schema and workers; run until Ctrl-C."""
    settings = StackSettings()
    if data_directory is not None:
        settings = settings.model_copy(update={"data_directory": data_directory.resolve()})
    supervisor.run(settings, broker, 0 if no_worker else workers, file=stack_file.resolve())


@main.command()
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", default=0, help=_PORT)
@click.option("--data-directory", type=click.Path(path_type=Path), required=True, help="Directory of the data.")
def clickhouse(host: str, port: int, data_directory: Path) -> None:
    """Run the ClickHouse engine behind ClickHouse's HTTP interface."""
    launcher.serve(host, port, data_directory.resolve())


@main.command()
@click.option("--port", default=0, help=_PORT)
def broker(port: int) -> None:
    """Run the embedded Kafka-protocol broker, which keeps its records in memory."""
    sys.exit(broker_part.serve(port))


if __name__ == "__main__":
    try:
        main()
    except EmbeddedError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
