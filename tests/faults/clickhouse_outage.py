"""Back-pressure in the worker: ClickHouse is unavailable for minutes while events arrive fast.

The worker's memory stays bounded and its group is not rebalanced. Once ClickHouse is back, the worker catches up and
every event is stored once.
"""

import contextlib
import json
import random
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.stack import START_SECONDS, Broker
from tests.faults.fault_stack import FaultStack
from tests.faults.load import Load, PlannedRecord
from tests.faults.recovery import drain
from tests.faults.report import mebibytes, what_is_wrong
from tests.oracle import Sent
from tests.oracle.date_times import utc_text

CATCH_UP_SECONDS: Final = 600
POLL_SECONDS: Final = 0.5
CONVERSATION: Final = 20
# Both settings apply to the whole worker. The buffer is small, so that a short outage fills it.
BUFFER_BYTES: Final = 16 * 1024**2
CACHE_BYTES: Final = 32 * 1024**2
# Added to the waiting records: what the client has fetched, and flushes, which need several times the memory of their
# records. Catching up needs memory that the worker then keeps, and it caches texts, whatever the settings.
MOST_GROWTH: Final = 6 * BUFFER_BYTES + 2 * CACHE_BYTES + 64 * 1024**2


@dataclass(frozen=True, slots=True)
class ClickHouseOutageResult:
    """Measurements of the worker during the outage and while it caught up."""

    sent: int
    stored: int
    before_bytes: int
    away_bytes: int
    most_bytes: int
    rebalances: int
    catch_up_seconds: float

    def __str__(self) -> str:
        return (
            f"{self.stored:,} of {self.sent:,} events stored, worker {mebibytes(self.before_bytes)} before, at"
            f" most {mebibytes(self.away_bytes)} meanwhile and {mebibytes(self.most_bytes)} with the catching"
            f" up, {self.rebalances - 1} rebalances, caught up {self.catch_up_seconds:.0f} s after it was back"
        )

    @property
    def wrong(self) -> list[str]:
        """Return the checks that failed."""
        grown = self.most_bytes - self.before_bytes
        checks = [
            (self.stored != self.sent, f"{self.stored:,} events are stored of {self.sent:,}"),
            (grown > MOST_GROWTH, f"the worker grew by {grown:,} bytes; its bound is {MOST_GROWTH:,}"),
            (self.rebalances > 1, f"the group was rebalanced {self.rebalances - 1} times"),
        ]
        return what_is_wrong(checks)


def run_clickhouse_outage(
    directory: Path, broker: Broker, away_seconds: float, per_second: int
) -> ClickHouseOutageResult:
    """Run one worker that loses ClickHouse under load."""
    stack = FaultStack(directory, broker, random.Random(1))
    stack.worker_settings |= {
        "CONVOSTREAM_BUFFER_MAX_BYTES": str(BUFFER_BYTES),
        "CONVOSTREAM_STATE_CACHE_BYTES": str(CACHE_BYTES),
        "CONVOSTREAM_FLUSH_MAX_ROWS": "20000",
        "CONVOSTREAM_FLUSH_MAX_AGE_SECONDS": "0.5",
    }
    with stack.open(1):
        planned = list(_messages(round((away_seconds + 10) * per_second)))
        stack.load = Load(stack.bootstrap, stack.topic, planned, per_second)
        stack.load.start()
        worker = stack.workers.running[0]
        time.sleep(5)
        with _sampled_memory(worker) as sizes:
            time.sleep(1)
            stack.servers.clickhouse.kill()
            time.sleep(away_seconds)
            away_bytes = max(sizes)
            stack.servers.clickhouse.start()
            stack.servers.clickhouse.wait_until_ready(START_SECONDS)
            recovered_at = time.monotonic()
            stack.load.finish(away_seconds + CATCH_UP_SECONDS)
            drain(stack, CATCH_UP_SECONDS)
            caught_up = time.monotonic() - recovered_at
        rebalances = worker.log.read_text(errors="replace").count("owning partitions")
        return ClickHouseOutageResult(
            len(planned), stack.stored_events(), sizes[0], away_bytes, max(sizes), rebalances, caught_up
        )


def _messages(count: int) -> Iterator[PlannedRecord]:
    """Generate messages of many conversations, each with its own id."""
    now = int(time.time() * 1000)
    for number in range(count):
        fields = {
            "event_id": str(uuid.UUID(int=number)),
            "type": "message",
            "agent_id": "busy",
            "conversation_id": f"chat-{number // CONVERSATION}",
            "occurred_at": utc_text(now),
            "sender": "agent" if number % 2 else "end_user",
            "content": "How long is a piece of string? " * 4,
        }
        yield PlannedRecord(Sent("busy", f"chat-{number // CONVERSATION}", json.dumps(fields).encode()), None, ())


@contextlib.contextmanager
def _sampled_memory(worker: Process) -> Iterator[list[int]]:
    """Sample the resident memory of a worker inside the block."""
    sizes = [_resident_bytes(worker)]
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(POLL_SECONDS):
            sizes.append(_resident_bytes(worker))

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield sizes
    finally:
        ended.set()
        thread.join()


def _resident_bytes(worker: Process) -> int:
    status = Path(f"/proc/{worker.pid}/status")
    if worker.pid is None or not status.exists():
        return 0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024
