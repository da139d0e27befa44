"""Records of transactions: committed ones are stored once, aborted and open ones never, and nothing waits for them."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.request import urlopen

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from clickhouse_connect.driver.client import Client

from deploy.embedded.addresses import wait_until
from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.stack import Stack
from tests.support.kafka.messages import message
from tests.support.kafka.topic_log import TopicLog
from tests.support.stack.harness import reader, unique_agent

pytestmark = pytest.mark.brokers("kafka")
SECONDS = 40
WATCHDOG_SECONDS = 8
COMMITTED, ABORTED, OPEN = "committed", "aborted", "open"


@dataclass(frozen=True, slots=True)
class Played:
    """A separate topic with a worker whose flushes are smaller than the transactions."""

    stack: Stack
    log: TopicLog
    worker: Process
    group: str
    agent_id: str
    reader: Client

    def stored(self) -> dict[str, int]:
        """Return the number of stored events of each conversation."""
        query = "SELECT conversation_id, count() FROM events WHERE agent_id = {a:String} GROUP BY 1"
        rows = self.reader.query(query, {"a": self.agent_id}).result_rows
        return {str(name): int(count) for name, count in rows}

    def gauge(self, name: str) -> float:
        """Return the sum of a metric of the worker."""
        with urlopen(f"http://127.0.0.1:{self.worker.port}/metrics", timeout=5) as answer:
            lines = [line for line in answer.read().decode().splitlines() if line.startswith(name)]
        return sum(float(line.split()[-1]) for line in lines)

    async def send(self, producer: AIOKafkaProducer, conversation_id: str, count: int = 1) -> None:
        """Send messages of a conversation to partition 0."""
        for _ in range(count):
            key, value = message(self.agent_id, conversation_id)
            await producer.send_and_wait(self.log.topic, value, key, partition=0)

    async def committed_offset(self) -> int | None:
        """Return the group's committed offset, by which its lag is monitored."""
        options = {"bootstrap_servers": self.log.bootstrap, "group_id": self.group, "enable_auto_commit": False}
        async with AIOKafkaConsumer(**options) as consumer:
            return int(await consumer.committed(TopicPartition(self.log.topic, 0)) or 0)


@pytest.fixture
def played(stack: Stack) -> Iterator[Played]:
    topic = unique_agent("transactions")
    log = TopicLog(stack.broker.address, topic)
    log.create({})
    settings = {
        "CONVOSTREAM_KAFKA_TOPIC": topic,
        "CONVOSTREAM_KAFKA_GROUP": topic,
        "CONVOSTREAM_FLUSH_MAX_AGE_SECONDS": "0.1",
        "CONVOSTREAM_FLUSH_MAX_ROWS": "2",
        "CONVOSTREAM_WATCHDOG_SECONDS": str(WATCHDOG_SECONDS),
    }
    worker = stack.add_worker(settings)
    client = reader(stack)
    yield Played(stack, log, worker, topic, unique_agent("tx"), client)
    client.close()
    worker.stop()


@asynccontextmanager
async def producers(log: TopicLog, count: int) -> AsyncIterator[Sequence[AIOKafkaProducer]]:
    made = [AIOKafkaProducer(bootstrap_servers=log.bootstrap, transactional_id=str(uuid.uuid4())) for _ in range(count)]
    try:
        for producer in made:
            await producer.start()
        yield made
    finally:
        for producer in made:
            await producer.stop()


async def soon(played: Played, expected: dict[str, int]) -> None:
    assert await asyncio.to_thread(wait_until, lambda: played.stored() == expected, SECONDS), (
        played.stored(),
        played.worker.last_lines(20),
    )


async def test_only_committed_records_are_stored_and_others_do_not_block(played: Played) -> None:
    async with producers(played.log, 3) as (first, second, third):
        for producer in (first, second):
            await producer.begin_transaction()
        for number in range(7):  # interleaved
            await played.send(second, ABORTED)
            if number < 5:
                await played.send(first, COMMITTED)
        assert played.stored() == {}
        await first.commit_transaction()
        await second.abort_transaction()
        await soon(played, {COMMITTED: 5})
        await second.begin_transaction()
        await played.send(second, ABORTED, 7)
        await second.abort_transaction()  # the log ends with records that no consumer gets
        played.worker.kill()
        await third.begin_transaction()
        await played.send(third, OPEN, 3)
        played.stack.restart(played.worker)
        await asyncio.sleep(2 * WATCHDOG_SECONDS)  # the watchdog must not see waiting records
        assert played.worker.pid, played.worker.last_lines(20)
        assert played.stored() == {COMMITTED: 5}
        assert played.gauge("convostream_lag_records{") == 0
        assert played.gauge("convostream_uncommitted_records{") == 3
        await third.commit_transaction()
        await soon(played, {COMMITTED: 5, OPEN: 3})
        assert played.gauge("convostream_log_epochs_total") == 0
    end = (await asyncio.to_thread(played.log.end_offsets))[0]
    for _ in range(SECONDS):
        if (offset := await played.committed_offset()) == end:
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"the group stands at {offset} of {end}")
