"""A worker on a database that holds millions of events: what it costs to know all their conversations."""

from collections import Counter
from typing import Final

from benchmarks.contenders.convostream_worker import ConvostreamWorker
from benchmarks.harness.contender import Testbed
from benchmarks.harness.stack import PARTITIONS, Say, fill
from benchmarks.scenarios.end_to_end import Result, go_on
from benchmarks.scenarios.views import Stored, check_copies
from benchmarks.workload.load import SEED, Load, make_load
from deploy.embedded.stack.stack import Broker, Stack

# Makes conversations that are not stored yet.
OTHER_SEED: Final = SEED + 1


class WorkerBesideStored(ConvostreamWorker):
    """The worker; what the views must show then is what was stored and what has come."""

    def __init__(self, stored: Stored) -> None:
        super().__init__()
        self._stored = stored

    def check(self, testbed: Testbed, load: Load) -> None:
        """Compare the views with both."""
        expected = Counter(self._stored.numbers) + Counter(load.numbers)
        check_copies(expected, testbed.reader())


def run_beside(stack: Stack, broker: Broker, stored: Stored, events: int, say: Say) -> Result:
    """Let a worker catch up with new conversations."""
    load = make_load(events, OTHER_SEED)
    place = fill(stack, broker, "beside-stored", load, PARTITIONS, 1, say)
    return go_on(place, load, WorkerBesideStored(stored), say)
