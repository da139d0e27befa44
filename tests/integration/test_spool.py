"""The spool with a broker that is unavailable, killed and restarted: every accepted event arrives, in order."""

import asyncio
import json
import os
import random
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from convostream import ConversationTracker, Settings
from convostream.transport.interface import OutgoingRecord
from deploy.embedded.addresses import free_port
from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.topics import create_topic
from deploy.kafka.jars import missing_programs
from tests.support.run_length import by_length
from tests.support.sdk.agent_processes import (
    AGENT,
    COMMANDED_AGENT,
    FORKING_AGENT,
    LARGE_AGENT,
    UNREACHABLE_BROKER,
    run_agent,
    send_command,
    start_agent,
)
from tests.support.sdk.spools import contents, records_on_disk

TOPIC = "agent-events"
PARTITIONS = 2
CONVERSATIONS = 5


@pytest.fixture(
    params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)], ids=["embedded broker", "Apache Kafka"]
)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Process]:
    """Return a separate broker that is not running yet."""
    if request.param == "kafka" and missing_programs() and os.environ.get("CI") != "true":
        pytest.skip("Apache Kafka needs Java and Maven")
    command = ["deploy.embedded", "broker"] if request.param == "embedded" else ["deploy.kafka"]
    data = [] if request.param == "embedded" else ["--data-directory", str(tmp_path / "kafka")]
    process = Process(
        "broker",
        lambda port: [sys.executable, "-m", *command, "--port", str(port), *data],
        tmp_path / "broker.log",
        {},
        port=free_port(),
    )
    yield process
    process.stop()


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """Return a spool directory."""
    return tmp_path / "spool"


def begin(broker: Process) -> None:
    """Start or restart the broker with its topic."""
    broker.start()
    broker.wait_until_ready(60)
    create_topic(address(broker), TOPIC, PARTITIONS)


def address(broker: Process) -> str:
    """Return the present or future address of the broker."""
    return f"localhost:{broker.port}"


def settings(broker: Process, spool: Path) -> Settings:
    """Return the settings of an agent in this process."""
    return Settings(kafka_bootstrap_servers=address(broker), spool_directory=spool)


async def arrived(broker: Process, count: int) -> list[OutgoingRecord]:
    """Read the topic until it holds this many events; return each at its first arrival."""
    found: dict[str, OutgoingRecord] = {}
    async with AIOKafkaConsumer(bootstrap_servers=address(broker), max_partition_fetch_bytes=2**24) as consumer:
        consumer.assign([TopicPartition(TOPIC, number) for number in range(PARTITIONS)])
        await consumer.seek_to_beginning()
        while True:
            batches = await consumer.getmany(timeout_ms=10_000 if len(found) < count else 500)
            if not batches:
                return list(found.values())
            for each in (record for records in batches.values() for record in records):
                found.setdefault(json.loads(each.value)["event_id"], OutgoingRecord(each.key, each.value))


def by_conversation(records: list[OutgoingRecord]) -> dict[bytes, list[int]]:
    """Return the numbers in the messages of each conversation, in order."""
    said: dict[bytes, list[int]] = defaultdict(list)
    for each, text in zip(records, contents(records), strict=True):
        said[each.key].append(int(text))
    return said


def in_order(first: int, count: int) -> dict[bytes, list[int]]:
    """Return the numbers of each conversation when nothing is lost or reordered."""
    numbers = range(first, first + count)
    return {
        b"shop/c-%d" % rest: [each for each in numbers if each % CONVERSATIONS == rest] for rest in range(CONVERSATIONS)
    }


async def test_events_of_a_killed_agent_without_a_broker_are_sent_by_the_next(broker: Process, spool: Path) -> None:
    agent = start_agent(address(broker), spool, AGENT, 0, 600, 60)
    assert agent.stdout is not None
    told = [agent.stdout.readline().strip() for _ in range(600)]
    agent.kill()
    agent.wait()
    assert told[-1] == "599"
    lying = records_on_disk(spool)
    begin(broker)
    assert run_agent(address(broker), spool, AGENT, 600, 610, 60)[-1] == "unsent 0"
    records = await arrived(broker, 610)
    assert by_conversation(records) == in_order(0, 610)
    assert set(lying) < set(records)
    assert os.listdir(spool) == []


@pytest.mark.parametrize("seed", range(by_length(1, 5)))
async def test_a_broker_killed_in_use_and_an_agent_killed_at_any_moment_lose_nothing(
    broker: Process, spool: Path, seed: int
) -> None:
    begin(broker)
    chance = random.Random(seed)
    assert run_agent(address(broker), spool, AGENT, 0, 300, 60)[-1] == "unsent 0"
    broker.kill()
    first = 300
    for _ in range(2):
        agent = start_agent(address(broker), spool, AGENT, first, 100_000, 60)
        assert agent.stdout is not None
        agent.stdout.readline()
        await asyncio.sleep(chance.uniform(0, 0.1))
        agent.kill()
        agent.communicate()
        first = 300 + len(records_on_disk(spool))
    lying = records_on_disk(spool)
    assert by_conversation(lying) == in_order(300, len(lying))
    begin(broker)
    assert run_agent(address(broker), spool, AGENT, first, first + 10, 60)[-1] == "unsent 0"
    records = [each for each in await arrived(broker, len(lying) + 10) if int(contents([each])[0]) >= 300]
    assert by_conversation(records) == in_order(300, len(lying) + 10)
    assert set(lying) < set(records)
    assert os.listdir(spool) == []


async def test_an_agent_goes_on_over_the_absence_of_its_broker(broker: Process, spool: Path) -> None:
    begin(broker)
    agent = start_agent(address(broker), spool, COMMANDED_AGENT)
    send_command(agent, "track 0 100")
    assert send_command(agent, "flush 30") == "0 unsent"
    assert records_on_disk(spool) == []
    broker.kill()
    send_command(agent, "track 100 1000")
    assert send_command(agent, "flush 0.5") == "900 unsent"
    assert len(records_on_disk(spool)) == 900
    agent.send_signal(signal.SIGSTOP)  # the embedded broker forgets what it is sent before its topic is there again
    begin(broker)
    agent.send_signal(signal.SIGCONT)
    send_command(agent, "track 1000 1100")
    assert send_command(agent, "flush 60") == "0 unsent"
    agent.communicate("")
    records = [each for each in await arrived(broker, 1_000) if int(contents([each])[0]) >= 100]
    assert by_conversation(records) == in_order(100, 1_000)


async def test_an_agent_that_only_starts_sends_what_was_left(broker: Process, spool: Path) -> None:
    run_agent(address(broker), spool, AGENT, 0, 50, 0)
    begin(broker)
    tracker = ConversationTracker("shop", settings=settings(broker, spool))
    assert tracker.close(30) == 0
    assert (tracker.stats().accepted, tracker.stats().recovered, tracker.stats().sent) == (0, 50, 50)
    assert by_conversation(await arrived(broker, 50)) == in_order(0, 50)


async def test_a_living_process_sends_what_a_killed_one_left(broker: Process, spool: Path) -> None:
    begin(broker)
    living = start_agent(address(broker), spool, COMMANDED_AGENT)
    cut_off = start_agent(UNREACHABLE_BROKER, spool, COMMANDED_AGENT)
    send_command(living, "track 0 5")
    assert send_command(cut_off, "track 5 1005") == "1000 unsent"
    cut_off.kill()
    cut_off.communicate()
    records = await arrived(broker, 1_005)
    living.communicate("")
    assert by_conversation(records) == in_order(0, 1_005)
    assert os.listdir(spool) == []


async def test_forked_children_leave_their_events_as_their_parent_does(broker: Process, spool: Path) -> None:
    run_agent(address(broker), spool, FORKING_AGENT)
    begin(broker)
    assert run_agent(address(broker), spool, AGENT, 500, 505, 60)[-1] == "unsent 0"
    records = await arrived(broker, 505)
    said = by_conversation(records)
    assert {key: sorted(numbers) for key, numbers in said.items()} == in_order(0, 505)
    for worker in range(4):
        begin_of, end = worker * 100, worker * 100 + 100
        assert all(
            own == sorted(own)
            for numbers in said.values()
            if (own := [number for number in numbers if begin_of <= number < end])
        )


async def test_memory_does_not_grow_while_the_broker_is_away(broker: Process, spool: Path) -> None:
    grown, spooled, refused = map(int, run_agent(address(broker), spool, LARGE_AGENT)[-1].split())
    assert (grown < 12, spooled > 30, refused) == (True, True, 0)
    begin(broker)
    with ConversationTracker("shop", settings=settings(broker, spool)) as tracker:
        assert tracker.flush(60) == 0
        assert tracker.stats().recovered == tracker.stats().sent == 30_000
    assert by_conversation(await arrived(broker, 30_000)) == in_order(0, 30_000)
