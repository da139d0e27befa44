"""`python -m deploy.embedded`: one part in the foreground, or the whole stack."""

import sys
from pathlib import Path

import click

from deploy.embedded import broker as broker_part
from deploy.embedded import clickhouse as clickhouse_part


@click.group(context_settings={"show_default": True})
def main() -> None:
    """Start Convostream's embedded stack, or one part of it."""


@main.command()
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", default=0, help="Port; 0 takes a free one.")
@click.option("--data-directory", type=click.Path(path_type=Path), required=True, help="Where the data lie.")
def clickhouse(host: str, port: int, data_directory: Path) -> None:
    """Run the ClickHouse engine behind ClickHouse's HTTP interface."""
    clickhouse_part.serve(host, port, data_directory)


@main.command()
@click.option("--port", default=0, help="Port on localhost; 0 takes a free one.")
def broker(port: int) -> None:
    """Run the embedded Kafka-protocol broker (its records are in memory only)."""
    sys.exit(broker_part.serve(port))


if __name__ == "__main__":
    main()
