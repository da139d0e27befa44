"""The floors: parts of the worker's job alone, by the worker's own code. No worker that does all three can pass them.

`consume` reads the topic and does nothing else; `steps` takes records, which lie in memory, through the steps of a
flush up to the block that is sent; `insert` sends blocks that are ready.
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from benchmarks.harness.contender import RunTimes, Step, Testbed
from benchmarks.workload.load import Load
from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.stack import Broker

Part: TypeAlias = Literal["consume", "steps", "insert"]
LONGEST_SECONDS: Final = 600.0

# Begins the line in which the process tells how it went.
DONE: Final = "done "


class Floor:
    """One part of the job, in a process of its own."""

    job = "part"

    def __init__(self, part: Part) -> None:
        self.name = f"floor: {part}"
        self.processes: Sequence[Process] = ()
        self._part = part

    def missing(self, broker: Broker) -> str | None:
        """Return None: a floor runs wherever the worker runs."""
        return None

    def check(self, testbed: Testbed, load: Load) -> None:
        """Do nothing: a floor writes nothing to check."""

    def run(self, testbed: Testbed) -> RunTimes:
        """Start the process and wait until it has done its part."""
        floor = Process(
            f"floor-{self._part}",
            lambda _: [sys.executable, "-m", "benchmarks.contenders.floor", self._part, str(testbed.events)],
            testbed.directory / "logs" / f"floor-{self._part}.log",
            testbed.environment(),
            is_ready=lambda process: outcome_of(process.last_lines()) is not None,
        )
        self.processes = [floor]
        started_at = time.time()
        floor.start()
        floor.wait_until_ready(LONGEST_SECONDS)
        outcome = outcome_of(floor.last_lines()) or {}
        steps = [Step(*step) for step in outcome["steps"] if (step[0] == "insert") == (self._part == "insert")]
        began_at = outcome["began_at"]
        return RunTimes(started_at, began_at, began_at, outcome["ended_at"], steps, outcome["rows_per_flush"])


def outcome_of(lines: Sequence[str]) -> Mapping[str, Any] | None:
    """Return what a floor said at its end, None before."""
    said = next((line for line in lines if line.startswith(DONE)), None)
    return None if said is None else dict(json.loads(said.removeprefix(DONE)))
