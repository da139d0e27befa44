"""A steady rate: how long an event takes from the call that sends it until a metric view shows it, and what that costs.

Among the load some probes are sent, a few a second to each partition: actions of an agent of their own, named after
their partition. The view `tool_usage` counts them by name; it is asked again and again, and a probe is visible when the
answer that counts it has come. The asking costs ClickHouse something too: what a call costs is measured before the
load, and that of all calls is given apart.
"""

import asyncio
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Final

from aiokafka import AIOKafkaProducer
from clickhouse_connect.driver.client import Client

from benchmarks.contenders.convostream_worker import ConvostreamWorker
from benchmarks.harness.contender import ContenderFailed, Testbed
from benchmarks.harness.percentiles import nearest_rank
from benchmarks.harness.queries import query
from benchmarks.harness.resource_usage import INTERVAL_SECONDS, ResourceUsage
from benchmarks.harness.stack import PARTITIONS, Say, empty_the_database, fill
from benchmarks.scenarios.end_to_end import Result, result_of, usage_of
from benchmarks.workload.load import Load, encode, make_load
from benchmarks.workload.produce import BATCH_BYTES, Keyed, home, parted, send
from deploy.embedded.stack.stack import Broker, Stack

SLICE_SECONDS: Final = 0.05
SLICES_A_PROBE: Final = 5
PAUSE_SECONDS: Final = 0.05
STALLED_SECONDS: Final = 60.0
ASKING_SECONDS: Final = 3.0
PROBE_AGENT: Final = "probe"
NOTHING: Final = Load([], {})


@dataclass(frozen=True, slots=True)
class Latency:
    """How a rate went: seconds from the call to the view, of each probe; CPU seconds of ClickHouse for the asking."""

    rate: int
    seconds: Sequence[float]
    result: Result
    asking: float

    def percentile(self, percent: int) -> float:
        """Return the seconds that so many percent of the probes did not exceed."""
        return nearest_rank(self.seconds, percent)

    @property
    def without_asking(self) -> Result:
        """The run as if nobody had asked the view."""
        clickhouse = self.result.costs["clickhouse"]
        left = replace(clickhouse, cpu_seconds=clickhouse.cpu_seconds - self.asking)
        return replace(self.result, costs={**self.result.costs, "clickhouse": left})


class Probes:
    """When each probe of a partition was sent and seen; they are sent, and so seen, in order."""

    def __init__(self, partitions: int) -> None:
        self._keys = [_conversation(partition, partitions) for partition in range(partitions)]
        self._random = Random(partitions)
        self._sent: defaultdict[str, list[float]] = defaultdict(list)
        self._seen: Counter[str] = Counter()
        self.seconds: list[float] = []

    @property
    def sent(self) -> int:
        """How many were sent."""
        return sum(map(len, self._sent.values()))

    def send(self) -> Iterator[Keyed]:
        """Yield one for each partition, sent now."""
        for partition, conversation in enumerate(self._keys):
            now, name = time.time(), f"probe-{partition}"
            self._sent[name].append(now)
            fields = {"type": "action", "action_name": name, "duration_ms": 1}
            value = encode(PROBE_AGENT, conversation, int(now * 1_000), fields, self._random)
            yield f"{PROBE_AGENT}/{conversation}".encode(), value

    def see(self, calls: Mapping[str, int], now: float) -> None:
        """Take the view's answer: by name how many are visible."""
        for name, visible in calls.items():
            self.seconds += (now - sent for sent in self._sent[name][self._seen[name] : visible])
            self._seen[name] = visible


def measure_steadily(stack: Stack, broker: Broker, rate: int, seconds: int, say: Say) -> Latency:
    """Send at a rate for some time, and return how it went once everything has landed and was found to be right."""
    say(f"{broker}: {rate:,} events/s for {seconds} s")
    load, probes, worker = make_load(rate * seconds), Probes(PARTITIONS), ConvostreamWorker()
    empty_the_database(stack)
    place = fill(stack, broker, f"steady-{rate}", NOTHING, PARTITIONS, 1, say)
    with usage_of(worker, place) as usage:
        a_call = cost_of_a_call(place.reader(), usage)
        start, began_at = worker.start(place), time.time()
        calls = watch(place, load, rate, probes)
        place = replace(place, events=len(load.records) + probes.sent)
        run = replace(worker.finish(place, start), reading_at=began_at)
    sent = {("", "events", name): place.events for name in ("stored", "event_ids")}
    worker.check(place, Load([], {**load.numbers, **sent}))
    for process in worker.processes:
        process.stop()
    return Latency(rate, probes.seconds, result_of(place, worker, run, usage), calls * a_call)


def cost_of_a_call(client: Client, usage: ResourceUsage) -> float:
    """Ask the view for some seconds while nothing is stored; return the CPU seconds of ClickHouse for a call."""
    calls, began_at = 0, time.time()
    while time.time() < began_at + ASKING_SECONDS:
        _calls(client)
        calls += 1
    ended_at = time.time()
    time.sleep(2 * INTERVAL_SECONDS)  # the last reading comes after the last call
    return usage.cpu_seconds("clickhouse", began_at, ended_at) / calls


def watch(place: Testbed, load: Load, rate: int, probes: Probes) -> int:
    """Send a load at a rate while the view is asked for the probes, until it shows all of them; return the calls."""
    sending = send_steadily(place, load.records, rate, probes)
    sender = threading.Thread(target=asyncio.run, args=[sending], daemon=True)
    client, calls = place.reader(), 0
    sender.start()
    deadline, seen = time.monotonic() + STALLED_SECONDS, 0
    while sender.is_alive() or len(probes.seconds) < probes.sent:
        probes.see(_calls(client), time.time())
        calls += 1
        if len(probes.seconds) > seen:
            deadline, seen = time.monotonic() + STALLED_SECONDS, len(probes.seconds)
        if time.monotonic() > deadline:
            raise ContenderFailed(f"the view shows {seen} of {probes.sent} probes and no more come")
        time.sleep(PAUSE_SECONDS)
    sender.join()
    return calls


async def send_steadily(place: Testbed, records: Sequence[Keyed], rate: int, probes: Probes) -> None:
    """Send records at a rate, with probes among them; what is late is made up for."""
    producer = AIOKafkaProducer(
        bootstrap_servers=place.stack.broker.address, max_batch_size=BATCH_BYTES, max_request_size=4 * BATCH_BYTES
    )
    await producer.start()
    size, began_at = round(rate * SLICE_SECONDS), time.monotonic()
    try:
        for number, first in zip(count(), range(0, len(records), size), strict=False):
            await asyncio.sleep(began_at + number * SLICE_SECONDS - time.monotonic())
            due = probes.send() if number % SLICES_A_PROBE == 0 else ()
            parts = parted([*records[first : first + size], *due], place.partitions)
            await asyncio.gather(*(send(producer, place.topic, home, part) for home, part in enumerate(parts)))
    finally:
        await producer.stop()


def _calls(client: Client) -> Mapping[str, int]:
    today = datetime.now(UTC).date()
    since, until = f"{today - timedelta(days=1)} 00:00:00", f"{today + timedelta(days=2)} 00:00:00"
    rows = query(client, "tool_usage", PROBE_AGENT, since, until)
    return {str(row["action_name"]): int(str(row["calls"])) for row in rows}


def _conversation(partition: int, partitions: int) -> str:
    """Return a conversation whose key lies on a partition."""
    names = (f"conversation-{number}" for number in count())
    return next(name for name in names if home(f"{PROBE_AGENT}/{name}".encode(), partitions) == partition)
