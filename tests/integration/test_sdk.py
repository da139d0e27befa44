"""The SDK with a real broker: every event arrives once, in order within a conversation, and reaches the views."""

import gzip
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.partitioner import DefaultPartitioner

from convostream import ConversationTracker, OutgoingRecord, Settings, new_event_id
from deploy.embedded.stack.stack import Stack
from tests.oracle import Question
from tests.support.kafka.topic_log import PARTITIONS, TopicLog
from tests.support.stack.harness import Harness, unique_agent

MESSAGES = 3_000
NUMBERS = list(range(PARTITIONS))


@pytest.fixture(scope="module")
def log(stack: Stack) -> TopicLog:
    """Return a topic of the SDK without a worker."""
    log = TopicLog(stack.broker.address, "sdk-events")
    log.create({})
    return log


def settings(log: TopicLog, compression: str = "auto") -> Settings:
    """Return the settings of an agent that writes to this topic."""
    given = {"kafka_bootstrap_servers": log.bootstrap, "kafka_topic": log.topic, "kafka_compression": compression}
    return Settings.model_validate(given)


async def records_of(log: TopicLog, agent_id: str, count: int) -> dict[int, list[OutgoingRecord]]:
    """Read the topic until it has returned this many records of the agent; return them by partition."""
    found: dict[int, list[OutgoingRecord]] = defaultdict(list)
    async with AIOKafkaConsumer(bootstrap_servers=log.bootstrap, max_partition_fetch_bytes=2**24) as consumer:
        consumer.assign([TopicPartition(log.topic, number) for number in NUMBERS])
        await consumer.seek_to_beginning()
        while sum(map(len, found.values())) < count:
            batches = await consumer.getmany(timeout_ms=10_000)
            assert batches, f"only {sum(map(len, found.values()))} of {count} records are on the topic"
            for record in (one for records in batches.values() for one in records):
                if record.key.startswith(agent_id.encode() + b"/"):
                    found[record.partition].append(OutgoingRecord(record.key, record.value))
    return found


def run(program: list[str], log: TopicLog) -> subprocess.CompletedProcess[str]:
    """Run Python code as an agent's process."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS": log.bootstrap,
        "CONVOSTREAM_KAFKA_TOPIC": log.topic,
    }
    return subprocess.run(
        [sys.executable, *program], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("compression", ["auto", "gzip"])
@pytest.mark.brokers("embedded", "kafka")
async def test_every_event_arrives_once_on_its_partition_and_in_order(log: TopicLog, compression: str) -> None:
    agent_id = unique_agent("sdk")
    with ConversationTracker(agent_id, settings=settings(log, compression)) as tracker:
        for number in range(MESSAGES):
            tracker.track_human_message(str(number), conversation_id=f"c-{number % 97}")
        assert tracker.flush(30) == 0
    by_partition = await records_of(log, agent_id, MESSAGES)
    said: dict[bytes, list[int]] = defaultdict(list)
    for partition, records in by_partition.items():
        for record in records:
            assert DefaultPartitioner()(record.key, NUMBERS, NUMBERS) == partition
            said[record.key].append(int(json.loads(record.value)["content"]))
    assert sorted(number for numbers in said.values() for number in numbers) == list(range(MESSAGES))
    assert all(numbers == sorted(numbers) for numbers in said.values())


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param("", id="the program ends"),
        pytest.param("raise SystemExit(0)", id="it exits"),
        pytest.param("1 / 0", id="it fails"),
    ],
)
async def test_the_exit_of_the_interpreter_sends_remaining_events(log: TopicLog, ending: str) -> None:
    agent_id = unique_agent("exit")
    program = (
        "from convostream import ConversationTracker\n"
        f"ConversationTracker({agent_id!r}).track_human_message('hello', conversation_id='c-1')\n"
    )
    run(["-c", program + ending], log)
    assert len(await records_of(log, agent_id, 1)) == 1


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.brokers("embedded", "kafka")
async def test_a_child_process_sends_its_own_events_and_not_its_parents(
    log: TopicLog, method: str, tmp_path: Path
) -> None:
    agent_id = unique_agent(method)
    program = tmp_path / "agent.py"
    program.write_text(
        "import multiprocessing\n"
        "from convostream import ConversationTracker\n"
        f"tracker = ConversationTracker({agent_id!r})\n"
        "def work():\n"
        "    tracker.track_human_message('child', conversation_id='c-1')\n"
        "if __name__ == '__main__':\n"
        "    tracker.track_human_message('parent', conversation_id='c-1')\n"
        f"    child = multiprocessing.get_context({method!r}).Process(target=work)\n"
        "    child.start()\n"
        "    child.join()\n"
        "    tracker.flush(10)\n"
    )
    done = run([str(program)], log)
    assert (done.returncode, done.stderr) == (0, "")
    (records,) = (await records_of(log, agent_id, 2)).values()
    assert sorted(json.loads(record.value)["content"] for record in records) == ["child", "parent"]


@pytest.mark.brokers("embedded", "kafka")
async def test_replay_sends_a_file_and_reports_invalid_lines(log: TopicLog, tmp_path: Path) -> None:
    agent_id = unique_agent("replay")
    common = {"agent_id": agent_id, "conversation_id": "c-1", "occurred_at": "2026-04-01T12:00:00Z"}
    lines = [json.dumps({"event_id": new_event_id(), "type": "conversation_ended", **common}) for _ in range(3)]
    lines.insert(1, json.dumps({"event_id": new_event_id(), "type": "message", "sender": "agent", **common}))
    path = tmp_path / "events.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    done = run(["-m", "convostream", "replay", str(path)], log)
    assert done.returncode == 1
    assert f"3 of 4 events sent to {log.topic}" in done.stdout
    assert "line 2: content: blank" in done.stdout
    (records,) = (await records_of(log, agent_id, 3)).values()
    assert [record.value.decode() for record in records] == [lines[0], lines[2], lines[3]]


def test_tracked_conversations_reach_the_views(harness: Harness) -> None:
    agent_id = unique_agent("tracked")
    with ConversationTracker(agent_id, settings=settings(harness.log)) as tracker:
        for name in ("c-1", "c-2"):
            conversation = tracker.get_or_create_conversation(name, source="web", language="en-GB")
            conversation.track_human_message("question")
            with conversation.action("search"):
                conversation.track_agent_message("answer")
        assert tracker.flush(30) == 0
    harness.drain()
    now = harness.now()
    question = Question(agent_id, "production", now - 3_600_000, now + 3_600_000, "UTC", now)
    assert harness.view("total_messages", question) == [(4, 2, 2)]
    assert harness.view("total_conversations", question) == [(2, 2, 2)]
    assert harness.view("language_regions", question) == [("en", "GB", 2)]
    assert [row[:4] for row in harness.view("tool_usage", question)] == [("search", 2, 0, 2)]
