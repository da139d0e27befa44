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
        raise click.BadParameter(f"{name!r} is no time zone; allowed are IANA names like Europe/Zagreb")
    return name


@click.command(context_settings={"show_default": True, "help_option_names": ["-h", "--help"]})
@click.option("--once", is_flag=True, help="End after the metrics are printed, without the page.")
@click.option("--broker", type=click.Choice(["embedded", "kafka"]), default="embedded", help="The Kafka of the demo.")
@click.option(
    "--data-directory", type=click.Path(path_type=Path, file_okay=False), help="Keep the data here.  [default: nowhere]"
)
@click.option("--time-zone", default="UTC", callback=_zone, help="IANA name for days and hours.")
@click.option("--copies", type=click.IntRange(1, 200), default=COPIES, help="How often each transcript is replayed.")
@click.option(
    "--addresses",
    type=click.Path(path_type=Path, dir_okay=False),
    default=STACK_FILE,
    help="Write the addresses, as settings, to this file while the demo runs.",
)
def main(once: bool, broker: Broker, data_directory: Path | None, time_zone: str, copies: int, addresses: Path) -> None:
    """Replay real transcripts through the whole pipeline and print all fifteen metrics.

    Starts ClickHouse, a broker, a worker and the dashboard, sends the transcripts through the SDK as conversations of
    the last 30 days, prints the metrics and where the page is, and goes on with a few conversations a minute until
    Ctrl-C. docs/demo.md says what is real.
    """
    sys.exit(run(Options(once, broker, data_directory, time_zone, copies, addresses.resolve()), make_console()))


if __name__ == "__main__":
    main()
