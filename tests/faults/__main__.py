"""Command line of the fault suite: rounds of faults, or one long outage."""

import logging
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Final

import click

from deploy.embedded.stack.stack import Broker
from tests.faults import report
from tests.faults.broker_outage import run_broker_outage
from tests.faults.clickhouse_outage import run_clickhouse_outage
from tests.faults.report import Outcome
from tests.faults.round import Round, RoundPlan

BROKERS: Final[tuple[Broker, ...]] = ("embedded", "kafka")
NAMES: Final = {"clickhouse": "ClickHouse", "broker": "the broker"}


@click.command(context_settings={"show_default": True})
@click.option("--rounds", default=1, help="How many rounds.")
@click.option(
    "--seed", default=None, type=int, help="Seed of the first round; each next round adds 1. Default: random."
)
@click.option("--broker", type=click.Choice(["embedded", "kafka", "both"]), default="both", help="The broker.")
@click.option("--seconds", default=60.0, help="How long faults are injected in a round.")
@click.option("--only", multiple=True, help="Only faults whose name contains this text; repeatable.")
@click.option("--without", multiple=True, help="No faults whose name contains this text; repeatable.")
@click.option("--rebalances", default=20, help="Minimum of all rounds; the last one adds and removes workers.")
@click.option("--together", default=30, help="Percentage of faults that are injected in pairs.")
@click.option("--away", default=0.0, help="Instead of rounds: stop a server for this many seconds under load.")
@click.option(
    "--what", type=click.Choice(["clickhouse", "broker"]), default="clickhouse", help="With --away: the server."
)
@click.option("--rate", default=2_000, help="With --away: events per second.")
@click.option("--keep", is_flag=True, help="Keep the data and logs of all rounds.")
@click.option(
    "--directory", type=click.Path(path_type=Path), default=None, help="Directory for the data of failed rounds."
)
def main(
    rounds: int,
    seed: int | None,
    broker: str,
    seconds: float,
    only: tuple[str, ...],
    without: tuple[str, ...],
    rebalances: int,
    together: int,
    away: float,
    what: str,
    rate: int,
    keep: bool,
    directory: Path | None,
) -> None:
    """Kill, pause, disconnect and starve real processes under a known load, then check every number."""
    for client in ("aiokafka", "clickhouse_connect"):
        logging.getLogger(client).setLevel(logging.CRITICAL)  # outages are expected
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds, so that every process is stopped
    first = random.randrange(1_000_000) if seed is None else seed
    kept = directory or Path(tempfile.mkdtemp(prefix="convostream-faults-"))
    brokers: list[Broker] = [each for each in BROKERS if broker in (each, "both")]
    if away:
        sys.exit(1 if [wrong for each in brokers for wrong in run_outage(what, each, away, rate, kept)] else 0)
    outcomes: list[Outcome] = []
    for number in range(rounds):
        missing = rebalances - sum(outcome.rebalances for outcome in outcomes) if number == rounds - 1 else 0
        plan = RoundPlan(brokers[number % len(brokers)], seconds, only, without, together, rebalances=missing)
        outcomes.append(run_round(number + 1, plan, first + number, kept, keep))
    report.summary(outcomes)
    sys.exit(1 if any(outcome.wrong for outcome in outcomes) else 0)


def run_round(number: int, plan: RoundPlan, seed: int, directory: Path, keep: bool) -> Outcome:
    """Run a round in its own directory, which is kept when something differs."""
    place = directory / f"round-{number}-{plan.broker}-{seed}"
    click.echo(f"round {number} on the {plan.broker} broker, seed {seed}")
    outcome = Round(plan, seed, place).run()
    keep = keep or bool(outcome.wrong or outcome.deaths)
    if not keep:
        shutil.rmtree(place)
    report.round_line(number, outcome, place if keep else None)
    return outcome


def run_outage(what: str, broker: Broker, seconds: float, rate: int, directory: Path) -> list[str]:
    """Run the outage of a server; return the checks that failed."""
    place = directory / f"away-{what}-{broker}"
    result = (run_clickhouse_outage if what == "clickhouse" else run_broker_outage)(place, broker, seconds, rate)
    click.echo(f"{NAMES[what]} away for {seconds:.0f} s at {rate:,} events/s with the {broker} broker: {result}")
    for wrong in result.wrong:
        click.echo(f"  DIFFERENT {wrong}")
    return result.wrong


if __name__ == "__main__":
    main()
