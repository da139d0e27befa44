"""End to end: the contenders take the same events from a full topic to the tables, one after the other.

The events are on the topic before a contender starts: it catches up. The broker keeps running between contenders.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.harness.contender import Contender, RunTimes, Testbed
from benchmarks.harness.resource_usage import MACHINE, Groups, ResourceUsage
from benchmarks.harness.stack import Say, empty_the_database
from benchmarks.workload.load import Load
from deploy.embedded.stack.stack import Broker, Stack

ROLES: Final = ("contender", "broker", "clickhouse")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a role's processes used from `reading_at` to `ended_at`."""

    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Result:
    """A contender's run on a broker; `other_cores` is how many cores worked for somebody else meanwhile."""

    broker: Broker
    contender: str
    job: str
    events: int
    run: RunTimes
    costs: Mapping[str, Cost]
    other_cores: float

    @property
    def events_a_second(self) -> float:
        """How fast it was, from when it could read."""
        return self.events / (self.run.ended_at - self.run.reading_at)

    def cpu_microseconds(self, role: str) -> float:
        """Return what an event cost a role; the same number is CPU seconds a million events."""
        return self.costs[role].cpu_seconds / self.events * 1_000_000


def compete(place: Testbed, load: Load, contender: Contender, say: Say) -> Result:
    """Let a contender run on an empty database and return its result, once its numbers were found to be right."""
    empty_the_database(place.stack)
    return go_on(place, load, contender, say)


def go_on(place: Testbed, load: Load, contender: Contender, say: Say) -> Result:
    """Let a contender run on the database as it is."""
    say(f"{place.broker}: {contender.name}")
    try:
        with usage_of(contender, place) as usage:
            run = contender.run(place)
        contender.check(place, load)
    finally:
        for process in contender.processes:
            process.stop()
    return result_of(place, contender, run, usage)


def usage_of(contender: Contender, place: Testbed) -> ResourceUsage:
    """Return the costs of a contender, the broker and ClickHouse, to be entered."""
    return ResourceUsage(lambda: _groups(contender, place.stack))


def result_of(place: Testbed, contender: Contender, run: RunTimes, usage: ResourceUsage) -> Result:
    """Return the result of a run, with what it cost."""
    costs = {role: _cost(usage, role, run) for role in ROLES}
    machine = _cost(usage, MACHINE, run).cpu_seconds
    others = (machine - sum(cost.cpu_seconds for cost in costs.values())) / (run.ended_at - run.reading_at)
    return Result(place.broker, contender.name, contender.job, place.events, run, costs, max(0.0, others))


def _groups(contender: Contender, stack: Stack) -> Groups:
    processes = {"contender": contender.processes, "broker": [stack.broker], "clickhouse": [stack.clickhouse]}
    return {role: [process.pid for process in own if process.pid] for role, own in processes.items()}


def _cost(usage: ResourceUsage, role: str, run: RunTimes) -> Cost:
    span = (run.reading_at, run.ended_at)
    return Cost(usage.cpu_seconds(role, *span), usage.peak_bytes(role, *span))
