"""The worker alone, catching up under other circumstances: more workers, other partitions, other messages, disorder."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from benchmarks.contenders.convostream_worker import ConvostreamWorker
from benchmarks.harness.contender import RunTimes, Testbed
from benchmarks.harness.stack import PARTITIONS, Say, empty_the_database, fill
from benchmarks.scenarios.end_to_end import Result, go_on
from benchmarks.workload import variations as shapes
from benchmarks.workload.load import Load, make_load
from benchmarks.workload.produce import produce
from deploy.embedded.stack.stack import Broker, Stack


@dataclass(frozen=True, slots=True)
class Variation:
    """One circumstance: the load, and what was on the topic, and written, before it."""

    name: str
    loads: Callable[[int], tuple[Load | None, Load]]
    partitions: int = PARTITIONS
    workers: int = 1

    # Whether events come once the workers are there, instead of lying there before.
    is_live: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a variation went, on messages of so many bytes."""

    variation: str
    result: Result
    mean_bytes: float


def alone(make: Callable[[int], Load]) -> Callable[[int], tuple[None, Load]]:
    """Return the loads of a topic on which nothing was before."""
    return lambda events: (None, make(events))


class LiveWorker(ConvostreamWorker):
    """Workers that own their partitions when the first event comes; time runs from there, and producing takes part."""

    def __init__(self, load: Load) -> None:
        super().__init__()
        self._load = load

    def run(self, testbed: Testbed) -> RunTimes:
        """Start the workers, produce the load as fast as possible, and wait until it has landed."""
        start = self.start(testbed)
        began_at = time.time()
        produce(testbed.stack.broker.address, testbed.topic, testbed.partitions, self._load.records)
        return replace(self.finish(testbed, start), reading_at=began_at)


NOTHING: Final = Load([], {})
USUAL: Final = "usual: 4 partitions, 1 worker"
VARIATIONS: Final[Sequence[Variation]] = (
    Variation(USUAL, alone(make_load)),
    Variation("live, 1 worker", alone(make_load), is_live=True),
    Variation("live, 2 workers", alone(make_load), is_live=True, workers=2),
    Variation("1 partition", alone(make_load), partitions=1),
    Variation("12 partitions", alone(make_load), partitions=12),
    Variation("small messages", alone(shapes.small)),
    Variation("large messages", alone(shapes.large)),
    Variation("1 % late, 1 % repeated, 1 % bad", alone(shapes.disordered)),
    Variation("10 % cold conversations", shapes.cold),
)


def vary(stack: Stack, broker: Broker, events: int, say: Say) -> Iterator[Outcome]:
    """Yield the outcome of each variation; each has a topic of its own and an empty database."""
    for number, variation in enumerate(VARIATIONS):
        say(f"{broker}: {variation.name}")
        yield _outcome(stack, broker, f"variation-{number}", variation, events, say)


def _outcome(stack: Stack, broker: Broker, topic: str, variation: Variation, events: int, say: Say) -> Outcome:
    before, load = variation.loads(events)
    worker, layout = ConvostreamWorker(), (variation.partitions, variation.workers)
    empty_the_database(stack)
    if before:
        worker.run(fill(stack, broker, topic, before, *layout, say))
        for process in worker.processes:
            process.stop()
    if variation.is_live:
        worker = LiveWorker(load)
        place = replace(fill(stack, broker, topic, NOTHING, *layout, say), events=len(load.records))
    else:
        place = fill(stack, broker, topic, load, *layout, say)
    return Outcome(variation.name, go_on(place, load, worker, say), load.mean_bytes)
