"""Send records to the broker; the asyncio side of the transport, on its background thread.

A record waits in the queue until the linger time is over. It is taken with others, up to 1 MiB, goes into a batch of
its partition (murmur2 of the key, as in every Kafka client), and is settled when the broker has acknowledged that
batch. Only then are the next records taken, so the records of a conversation keep their order however often a batch
fails. After a failure of any kind the producer is closed; a new one sends the unacknowledged records again after a
pause. A duplicate is harmless, because each event has an id. Only a record that the broker rejects permanently (too
large) is dropped, counted and logged.
"""

import asyncio
import codecs
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import lru_cache, partial
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.codec import has_lz4
from aiokafka.errors import InvalidMessageError, MessageSizeTooLargeError, RecordListTooLargeError
from aiokafka.partitioner import murmur2

from convostream.kafka.diagnosis import find_reason
from convostream.kafka.security import kafka_client_options
from convostream.settings import Settings
from convostream.transport.interface import OutgoingRecord
from convostream.transport.queue import Queue

# Looking a host up needs this codec. At the exit of an interpreter, or in a child that was forked in the midst of an
# import, it can no longer be imported; then the last events could not be sent.
codecs.lookup("idna")

log = logging.getLogger("convostream")

_CHUNK_BYTES: Final = 2**20
_BATCH_BYTES: Final = 2**19
_LARGEST_REQUEST: Final = 2**22
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 5.0
_STOP_SECONDS: Final = 0.5
_BACKOFF_MS: Final = 500  # between attempts of the client, which writes to the log at each; its own are ten a second
_NEVER_TAKEN: Final = (MessageSizeTooLargeError, RecordListTooLargeError, InvalidMessageError)


Connect = Callable[[Settings], AbstractAsyncContextManager[AIOKafkaProducer]]


class Delivery:
    """Send the records of the queue until cancelled."""

    def __init__(self, settings: Settings, queue: Queue, connect: Connect | None = None) -> None:
        self.woken = asyncio.Event()
        self.asleep = True  # whether the next record has to wake this side; set before the queue is looked at
        self._settings = settings
        self._queue = queue
        self._connect = connect or connected
        self._in_flight: list[OutgoingRecord] = []
        self._pause = _FIRST_PAUSE_SECONDS

    async def run(self) -> None:
        """Connect and send; after a failure, pause and start again."""
        while True:
            try:
                async with self._connect(self._settings) as producer:
                    await self._pump(producer)
            except Exception as error:  # noqa: BLE001 - whatever it is, the agent goes on and the next attempt may succeed
                await self._report(error, self._queue.count_failure())
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _report(self, error: Exception, failures: int) -> None:
        """Log the first failure, then fewer and fewer."""
        if failures & (failures - 1) == 0:
            settings = self._settings
            options = partial(kafka_client_options, settings)
            reason = await find_reason(error, settings.kafka_bootstrap_servers, options)
            log.warning("no events can be sent to Kafka (%s), %d failures so far; trying on", reason, failures)

    async def _pump(self, producer: AIOKafkaProducer) -> None:
        while True:
            await self._gather()
            await self._send(producer)
            self._pause = _FIRST_PAUSE_SECONDS

    async def _gather(self) -> None:
        """Take the next records; wait for the first one, and the linger time for more."""
        while not self._in_flight:
            self.asleep = True
            self._in_flight = self._queue.take(_CHUNK_BYTES)
            if not self._in_flight:
                await self.woken.wait()
                self.woken.clear()
                await asyncio.sleep(self._settings.linger_seconds)

    async def _send(self, producer: AIOKafkaProducer) -> None:
        """Send the records in flight; if some are not acknowledged, they stay in flight and this raises."""
        partitions = sorted(await producer.partitions_for(self._settings.kafka_topic))
        by_partition: dict[int, list[OutgoingRecord]] = defaultdict(list)
        for record in self._in_flight:
            by_partition[partitions[_hash(record.key) % len(partitions)]].append(record)
        sending = [self._send_partition(producer, partition, records) for partition, records in by_partition.items()]
        outcomes = await asyncio.gather(*sending, return_exceptions=True)
        self._in_flight = [record for records in by_partition.values() for record in records]
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def _send_partition(self, producer: AIOKafkaProducer, partition: int, records: list[OutgoingRecord]) -> None:
        """Send the records batch by batch and remove the settled ones from the list."""
        most = len(records)
        while records:
            batch = producer.create_batch()
            count = _fill(batch, records[:most])
            try:
                await (await producer.send_batch(batch, self._settings.kafka_topic, partition=partition))
            except _NEVER_TAKEN as error:
                if count > 1:
                    most = max(1, count // 2)
                    continue
                log.warning("the broker takes no event of %d bytes: %s", len(records[0].value), type(error).__name__)
                self._queue.settle(records[:1], dropped=True)
            else:
                self._queue.settle(records[:count])
            del records[:count]


def _fill(batch: Any, records: list[OutgoingRecord]) -> int:
    """Append as many records to the batch as fit, at least one; return how many."""
    for count, record in enumerate(records):
        if batch.append(timestamp=None, key=record.key, value=record.value) is None:
            return count
    return len(records)


@lru_cache(maxsize=16_384)
def _hash(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    """Yield a producer that is connected to the broker, and stop it afterwards."""
    producer = AIOKafkaProducer(**_options(settings))
    try:
        await producer.start()
        yield producer
    finally:
        await asyncio.wait([asyncio.ensure_future(producer.stop())], timeout=_STOP_SECONDS)


def _options(settings: Settings) -> dict[str, Any]:
    compression = settings.kafka_compression
    if compression == "auto":
        compression = "lz4" if has_lz4() else "none"
    return {
        "bootstrap_servers": settings.kafka_bootstrap_servers.split(","),
        "client_id": "convostream",
        "acks": "all",
        "enable_idempotence": settings.kafka_idempotence,
        "compression_type": None if compression == "none" else compression,
        "max_batch_size": _BATCH_BYTES,
        "max_request_size": _LARGEST_REQUEST,
        "retry_backoff_ms": _BACKOFF_MS,
        "request_timeout_ms": int(settings.kafka_request_timeout_seconds * 1000),
        **kafka_client_options(settings),
    }
