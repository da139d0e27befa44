"""`python -m examples.demo`: the command line of the demo."""

import sys
from pathlib import Path
from zoneinfo import available_timezones

import click

from deploy.embedded.stack.stack import Broker
from deploy.embedded.stack.supervisor import STACK_FILE
from examples.demo.replay import COPIES
from examples.demo.report import make_console
from examples.demo.run import Options, run


def _zone(context: click.Context, parameter: click.Parameter, name: str) -> str:
    if name not in available_timezones():
        raise click.BadParameter(f"{name!r} is no time zone; use an IANA name like Europe/Zagreb")
    return name


@click.command(context_settings={"show_default": True, "help_option_names": ["-h", "--help"]})
@click.option("--once", is_flag=True, help="Stop after printing the metrics; start no dashboard.")
@click.option("--broker", type=click.Choice(["embedded", "kafka"]), default="embedded", help="The broker to run.")
@click.option(
    "--data-directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the data here.  [default: a temporary directory]",
)
@click.option("--time-zone", default="UTC", callback=_zone, help="IANA time zone of days and hours.")
@click.option("--copies", type=click.IntRange(1, 200), default=COPIES, help="How often to replay each transcript.")
@click.option(
    "--addresses",
    type=click.Path(path_type=Path, dir_okay=False),
    default=STACK_FILE,
    help="Write the addresses, as settings, to this file while the demo runs.",
)
def main(once: bool, broker: Broker, data_directory: Path | None, time_zone: str, copies: int, addresses: Path) -> None:
    """Replay real transcripts through the whole pipeline and print all fifteen metrics.

    Start ClickHouse, a broker and a worker, send the transcripts through the SDK as conversations of the last 60 days,
    and print the metrics. Then start the dashboard, and add a few conversations a minute until Ctrl-C. docs/demo.md
    says what is real.
    """
    sys.exit(run(Options(once, broker, data_directory, time_zone, copies, addresses.resolve()), make_console()))


if __name__ == "__main__":
    main()
