"""The load: known records that a plain Kafka client sends at a steady pace and retries forever.

It runs on its own thread and keeps the position of every acknowledged record, so that a record that the broker lost is
noticed.
"""

import asyncio
import random
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from deploy.embedded.addresses import wait_until
from tests.faults.log import FEWEST_PARTITIONS, RecordPosition
from tests.oracle import Sent

Headers = Sequence[tuple[str, bytes]]

TICK_SECONDS: Final = 0.1
MISROUTED_PERCENT: Final = 2
HEADERS: Final[list[Headers]] = [
    [],
    [],
    [("trace", b"\xff\x00")],
    [("twice", b""), ("twice", b"2"), ("", "é".encode())],
]
BATCH: Final = 400


@dataclass(frozen=True, slots=True)
class PlannedRecord:
    """A record to send; a given partition overrides the partitioner, as another client might."""

    sent: Sent
    partition: int | None
    headers: Headers


def plan(records: Sequence[Sent], chance: random.Random) -> list[PlannedRecord]:
    """Plan the records, some with headers, a few for partitions that do not match their keys."""
    return [
        PlannedRecord(
            each,
            chance.randrange(FEWEST_PARTITIONS) if chance.randrange(100) < MISROUTED_PERCENT else None,
            chance.choice(HEADERS),
        )
        for each in records
    ]


class Load:
    """Send planned records, `per_second` of them; `finish` sends the rest at full speed."""

    def __init__(self, bootstrap: str, topic: str, planned: Sequence[PlannedRecord], per_second: float) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._unsent = deque(planned)
        self._per_second = per_second
        self._paused = threading.Event()
        self._idle = threading.Event()
        self._unthrottled = threading.Event()
        self._finishing = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="load", daemon=True)
        self._lock = threading.Lock()
        self._sent: list[PlannedRecord] = []
        self.acknowledged: dict[RecordPosition, Sent] = {}
        self.count = 0

    def start(self) -> None:
        """Start to send."""
        self._thread.start()

    def pause(self) -> None:
        """Stop sending until `resume`; return once nothing is in flight."""
        self._idle.clear()
        self._paused.set()
        self._idle.wait(120)

    def resume(self) -> None:
        """Continue after `pause`."""
        self._paused.clear()

    def restart(self, repeated: int) -> None:
        """Drop the positions of a deleted log, and resend the latest records, as a spool would."""
        with self._lock:
            self.acknowledged.clear()
            self._unsent.extendleft(reversed(self._sent[-repeated:]))

    def highest(self) -> dict[int, int]:
        """Return the highest acknowledged offset of each partition."""
        found: dict[int, int] = {}
        with self._lock:
            for partition, offset in self.acknowledged:
                found[partition] = max(offset, found.get(partition, -1))
        return found

    def send_past(self, ends: Mapping[int, int], seconds: float) -> None:
        """Send at full speed until every partition has grown past these offsets."""
        self._unthrottled.set()
        wait_until(lambda: not self._unsent or _is_beyond(self.highest(), ends), seconds)
        self._unthrottled.clear()

    @property
    def is_done(self) -> bool:
        """Whether everything has been acknowledged."""
        return not self._thread.is_alive()

    def finish(self, seconds: float = 180) -> None:
        """Send the rest and wait for the last acknowledgement."""
        self._finishing.set()
        self._unthrottled.set()
        self._paused.clear()
        self._thread.join(seconds)
        if not self.is_done:
            raise TimeoutError(f"the load did not end: {len(self._unsent)} records are left")

    async def _run(self) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap, linger_ms=5, request_timeout_ms=5_000, metadata_max_age_ms=2_000
        )
        await producer.start()
        allowance, at = 0.0, time.monotonic()
        try:
            while self._unsent or not self._finishing.is_set():
                await asyncio.sleep(TICK_SECONDS)
                now = time.monotonic()
                allowance, at = min(BATCH, allowance + (now - at) * self._per_second), now
                if self._paused.is_set():
                    self._idle.set()
                    continue
                size = BATCH if self._unthrottled.is_set() else int(allowance)
                allowance = max(0.0, allowance - size)
                await self._send(producer, [self._unsent.popleft() for _ in range(min(size, len(self._unsent)))])
        finally:
            self._idle.set()
            await producer.stop()

    async def _send(self, producer: AIOKafkaProducer, batch: list[PlannedRecord]) -> None:
        results = await asyncio.gather(*(self._send_one(producer, each) for each in batch))
        with self._lock:
            for each, place in zip(batch, results, strict=True):
                if place is not None:
                    self.acknowledged[place] = each.sent
                    self._sent.append(each)
                    self.count += 1
            failed = [each for each, place in zip(batch, results, strict=True) if place is None]
            self._unsent.extendleft(reversed(failed))

    async def _send_one(self, producer: AIOKafkaProducer, each: PlannedRecord) -> RecordPosition | None:
        try:
            done = await producer.send_and_wait(
                self._topic, each.sent.value, each.sent.key, each.partition, headers=each.headers
            )
        except (KafkaError, AssertionError):  # the client asserts that a partition is known, which none is of a new log
            return None
        return done.partition, done.offset


def _is_beyond(reached: Mapping[int, int], ends: Mapping[int, int]) -> bool:
    return all(reached.get(partition, -1) > end for partition, end in ends.items())
