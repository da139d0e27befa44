"""Back-pressure in the SDK: the broker is unavailable for minutes while an agent with a spool tracks events.

The agent's calls stay short, its memory stays bounded and the spool takes the backlog. Once the broker is back, every
accepted event is stored once.
"""

import json
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.embedded.stack.stack import Broker
from tests.faults.clickhouse_outage import CATCH_UP_SECONDS
from tests.faults.fault_stack import FaultStack
from tests.faults.load import Load
from tests.faults.proxy_behaviour import OPEN, Behaviour
from tests.faults.recovery import drain
from tests.faults.report import mebibytes, what_is_wrong
from tests.support.sdk.agent_processes import start_agent

LEAD_SECONDS: Final = 5

# Additional memory of the agent while it spools: a fraction of the spool, however long the outage.
MOST_GROWTH: Final = 48 * 1024**2

# Limit for the median of calls during the outage; single calls depend on the disk.
SLOWEST_CALL_SECONDS: Final = 0.001

AGENT: Final = """
import json, logging, sys, time
from convostream import ConversationTracker
events, rate, text = int(sys.argv[1]), int(sys.argv[2]), "How long is a piece of string? " * 4
logging.disable(logging.CRITICAL)  # outages are expected
def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))
tracker, calls, sizes, began_at = ConversationTracker("busy"), [], [], time.monotonic()
for number in range(events):
    time.sleep(max(0.0, began_at + number / rate - time.monotonic()))
    called_at = time.perf_counter()
    tracker.track_human_message(f"{number} {text}", conversation_id=f"chat-{number // 20}")
    if number % 50 == 0:
        calls.append(time.perf_counter() - called_at)
    if number % rate == 0:
        sizes.append(resident())
calls.sort()
unsent = tracker.flush(600)
stats = tracker.stats()
print(json.dumps({
    "refused": stats.refused, "unsent": unsent, "before": sizes[2], "most": max([*sizes, resident()]),
    "half": calls[len(calls) // 2], "most_calls": calls[len(calls) * 99 // 100],
}))
"""


@dataclass(frozen=True, slots=True)
class BrokerOutageResult:
    """Measurements of the agent and the number of its events that were stored; sizes in bytes, times in seconds."""

    sent: int
    stored: int
    refused: int
    unsent: int
    before_bytes: int
    most_bytes: int
    half_of_calls: float
    most_calls: float
    catch_up_seconds: float

    def __str__(self) -> str:
        return (
            f"{self.stored:,} of {self.sent:,} events stored, agent {mebibytes(self.before_bytes)} before and at"
            f" most {mebibytes(self.most_bytes)}, calls {self.half_of_calls * 1e6:.0f} us at p50 and"
            f" {self.most_calls * 1e6:.0f} us at p99, caught up {self.catch_up_seconds:.0f} s after it was back"
        )

    @property
    def wrong(self) -> list[str]:
        """Return the checks that failed."""
        grown = self.most_bytes - self.before_bytes
        checks = [
            (self.stored != self.sent - self.refused, f"{self.stored:,} events are stored of {self.sent:,}"),
            (self.refused > 0, f"{self.refused:,} events were refused"),
            (self.unsent > 0, f"{self.unsent:,} events were not sent"),
            (grown > MOST_GROWTH, f"the agent grew by {grown:,} bytes; its bound is {MOST_GROWTH:,}"),
            (self.half_of_calls > SLOWEST_CALL_SECONDS, f"half of the calls took {self.half_of_calls * 1e6:.0f} us"),
        ]
        return what_is_wrong(checks)


def run_broker_outage(directory: Path, broker: Broker, away_seconds: float, per_second: int) -> BrokerOutageResult:
    """Run one agent and one worker, both of which lose the broker."""
    stack = FaultStack(directory, broker, random.Random(1))
    events = round((away_seconds + 2 * LEAD_SECONDS) * per_second)
    with stack.open(1):
        stack.load = Load(stack.bootstrap, stack.topic, [], per_second)  # none but the agent's
        agent = start_agent(f"localhost:{stack.kafka.port}", directory / "spool", AGENT, events, per_second)
        time.sleep(LEAD_SECONDS)
        stack.kafka.behave(Behaviour(refuses=True))
        time.sleep(away_seconds)
        stack.kafka.behave(OPEN)
        recovered_at = time.monotonic()
        output = _outcome(agent, away_seconds)
        drain(stack, CATCH_UP_SECONDS)
        caught_up = time.monotonic() - recovered_at
        return BrokerOutageResult(
            events,
            stack.stored_events(),
            int(output["refused"]),
            int(output["unsent"]),
            int(output["before"]),
            int(output["most"]),
            output["half"],
            output["most_calls"],
            caught_up,
        )


def _outcome(agent: "subprocess.Popen[str]", away_seconds: float) -> dict[str, float]:
    output, _ = agent.communicate(timeout=away_seconds + CATCH_UP_SECONDS)
    if agent.returncode:
        sys.exit(f"the agent ended with {agent.returncode}")
    outcome: dict[str, float] = json.loads(output)
    return outcome
