"""One round: a stack under load, faults until the time is over, then the drain and the comparison."""

import random
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.embedded.errors import ProcessFailed
from deploy.embedded.stack.stack import Broker
from tests.faults import catalogue, report
from tests.faults.catalogue.kinds import FaultKind
from tests.faults.catalogue.workers import ADDED_AND_REMOVED
from tests.faults.comparison import compare_with_expected
from tests.faults.fault_stack import BrokerLost, FaultStack
from tests.faults.load import Load, plan
from tests.faults.log import LogUnreadable
from tests.faults.recovery import NotRecovered, await_recovery, drain
from tests.faults.report import InjectedFault, Outcome
from tests.support.strategies.random_events import generate

RECOVERY_SECONDS: Final = 120
PER_SECOND: Final = 60
RESERVE: Final = 1.5
EVENTS_OF_A_CONVERSATION: Final = 9
WORKERS: Final = 2


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """The parameters of a round; workers are added and removed until the group was rebalanced `rebalances` times."""

    broker: Broker
    seconds: float
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    together_percent: int = 30
    at_once_percent: int = 25
    rebalances: int = 0


class Round:
    """A round with its seed; the same seed draws the same faults, as far as processes are repeatable."""

    def __init__(self, plan: RoundPlan, seed: int, directory: Path) -> None:
        self._plan = plan
        self._chance = random.Random(seed)
        self._outcome = Outcome(seed)
        self._stack = FaultStack(directory, plan.broker, random.Random(seed + 1))
        self._agents = [f"faulty-{number}" for number in range(3)]

    def run(self) -> Outcome:
        """Run the round and return its result; a failure to recover counts as a difference."""
        try:
            with self._stack.open(WORKERS) as stack:
                stack.load = self._load(stack)
                self._run(stack)
        except (NotRecovered, LogUnreadable, BrokerLost, ProcessFailed, TimeoutError) as error:
            self._outcome.wrong.append(f"{type(error).__name__}: {error}")
        return self._outcome

    def _run(self, stack: FaultStack) -> None:
        stack.load.start()
        try:
            self._inject_until(stack, started := time.monotonic())
            self._rebalance(stack, started)
            stack.load.finish()
            drain(stack, RECOVERY_SECONDS)
            expected, wrong = compare_with_expected(stack, self._agents, self._outcome.seed)
            self._outcome.wrong += wrong
            self._outcome.events = len(expected.history.events)
            self._outcome.dead_letters = len(expected.dead_letters)
            self._outcome.lost_with_the_log = expected.lost
        finally:
            self._outcome.deaths = stack.workers.deaths
            self._outcome.rebalances = stack.workers.rebalances

    def _load(self, stack: FaultStack) -> Load:
        """Return more records than the pace needs: a backlog for the end, or for a log that must grow fast."""
        conversations = max(30, round(RESERVE * self._plan.seconds * PER_SECOND / EVENTS_OF_A_CONVERSATION))
        now = int(time.time() * 1000)
        records = generate(self._outcome.seed, conversations, agent_ids=self._agents, now=now, events=14, bad_percent=4)
        return Load(stack.bootstrap, stack.topic, plan(records, self._chance), PER_SECOND)

    def _inject_until(self, stack: FaultStack, started: float) -> None:
        await_recovery(stack, RECOVERY_SECONDS)
        kinds = catalogue.matching(
            self._plan.only, self._plan.without, has_disk=stack.has_disk, has_kafka=stack.broker_kind == "kafka"
        )
        while time.monotonic() - started < self._plan.seconds:
            time.sleep(self._chance.uniform(0.2, 2))
            self._inject_and_report(stack, self._draw(kinds), started)

    def _rebalance(self, stack: FaultStack, started: float) -> None:
        while stack.workers.rebalances < self._plan.rebalances:
            self._inject_and_report(stack, [ADDED_AND_REMOVED], started)

    def _inject_and_report(self, stack: FaultStack, chosen: list[FaultKind], started: float) -> None:
        fault = self._inject(stack, chosen)
        self._outcome.faults.append(fault)
        report.fault_line(time.monotonic() - started, fault)

    def _draw(self, kinds: list[FaultKind]) -> list[FaultKind]:
        first = catalogue.draw(kinds, self._chance)
        others = [kind for kind in kinds if kind.resource != first.resource]
        if others and self._chance.randrange(100) < self._plan.together_percent:
            return [first, catalogue.draw(others, self._chance)]
        return [first]

    def _inject(self, stack: FaultStack, chosen: list[FaultKind]) -> InjectedFault:
        """Inject the faults, the second one during the first, heal all, and wait unless the next fault is to follow."""
        began = time.monotonic()
        with ExitStack() as blocks:
            for kind in chosen:
                blocks.enter_context(kind.block(stack))
                time.sleep(self._chance.uniform(*kind.holds) / len(chosen))
        healed = began if all(kind.recovers_from_start for kind in chosen) else time.monotonic()
        name = " + ".join(kind.name for kind in chosen)
        if self._chance.randrange(100) < self._plan.at_once_percent:
            return InjectedFault(name, None)
        try:
            await_recovery(stack, RECOVERY_SECONDS)
        except NotRecovered as error:
            raise NotRecovered(f"after {name}: {error}") from error
        return InjectedFault(name, time.monotonic() - healed)
