"""`python -m deploy.kafka`: Apache Kafka in the foreground."""

import os
import sys
from pathlib import Path

import click

from deploy.embedded.errors import EmbeddedError
from deploy.embedded.private import UMASK, make_private
from deploy.kafka.jars import KafkaMissing
from deploy.kafka.node import serve


@click.command(context_settings={"show_default": True})
@click.option("--port", default=0, help="Port on localhost; 0 means any free port.")
@click.option("--data-directory", type=click.Path(path_type=Path), required=True, help="Directory of the log.")
@click.option(
    "--properties",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File of additional properties; its listeners are added to the node's own.",
)
@click.option(
    "--scram-users",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File of lines NAME=PASSWORD: SCRAM users, created at the first start.",
)
def main(port: int, data_directory: Path, properties: Path | None, scram_users: Path | None) -> None:
    """Run one node of Apache Kafka on localhost; the first start downloads it from Maven Central."""
    os.umask(UMASK)
    try:
        make_private(data_directory.resolve())
        sys.exit(serve(port, data_directory.resolve(), properties, scram_users))
    except (KafkaMissing, EmbeddedError) as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
