"""`python -m stream_processors`: the worker and the commands that look after what it writes."""

import sys

import click
from pydantic import ValidationError

from stream_processors.errors import OperatorError
from stream_processors.geolocation import GeolocationDatabaseError
from stream_processors.settings import WorkerSettings


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Process agent events from Kafka into ClickHouse, each exactly once in effect.

    Every setting is an environment variable with the prefix CONVOSTREAM_; .env.example explains them all.
    """


@main.command()
def worker() -> None:
    """Run a worker until Ctrl-C or SIGTERM.

    Start as many as you like: Kafka shares the topic's partitions among them. What a worker was writing when it was
    killed is written by the partition's next owner.

    \b
    Example:
      CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS=localhost:9092 \\
      CONVOSTREAM_CLICKHOUSE_URL=http://writer:secret@localhost:8123/convostream \\
      python -m stream_processors worker
    """
    from stream_processors.worker import run_worker

    sys.exit(run_worker(read_settings()))


def read_settings() -> WorkerSettings:
    """Return the settings of the environment; a wrong one ends the command with what to change."""
    try:
        return WorkerSettings()
    except ValidationError as error:
        problems = "\n".join(
            f"  CONVOSTREAM_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()
        )
        raise click.ClickException(f"these settings cannot be used:\n{problems}") from None


if __name__ == "__main__":
    try:
        main()
    except (OperatorError, GeolocationDatabaseError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
