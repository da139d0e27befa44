"""The ids of a record decide its conversation, whatever its partition and key."""

import pytest

from tests.oracle import Question, Sent
from tests.oracle.cases import Script
from tests.support.kafka.topic_log import PARTITIONS, PlacedRecord
from tests.support.stack.harness import Harness, history, unique_agent

pytestmark = pytest.mark.brokers("embedded", "kafka")


def _talk(script: Script) -> None:
    for number in range(8):
        script.user("10:00:00", f"chat-{number}")
        script.agent("10:00:30", f"chat-{number}")
        script.user("10:40:00", f"chat-{number}")
        script.end("10:45:00", f"chat-{number}")


def _question(harness: Harness, agent_id: str) -> Question:
    return Question(agent_id, "production", 0, harness.now(), "UTC", harness.now())


def test_records_on_other_partitions_than_their_conversations_count_once(harness: Harness) -> None:
    script = Script(unique_agent("astray"), harness.now())
    _talk(script)
    placed = [PlacedRecord(sent, partition=number % PARTITIONS) for number, sent in enumerate(script.sent)]
    known = history(harness.send(placed))
    harness.drain()
    harness.send([PlacedRecord(sent, partition=1) for sent in script.sent])
    harness.drain()
    assert harness.differences(known, [_question(harness, script.agent_id)]) == []


def test_the_body_and_not_the_key_decides(harness: Harness) -> None:
    script = Script(unique_agent("key"), harness.now())
    _talk(script)
    known = history(harness.send([Sent("another", "conversation", sent.value) for sent in script.sent]))
    harness.drain()
    assert harness.differences(known, [_question(harness, script.agent_id)]) == []


def test_a_forwarded_event_keeps_its_time_of_receipt(harness: Harness) -> None:
    script = Script(unique_agent("kept"), harness.now())
    _talk(script)
    records = harness.send([PlacedRecord(sent, partition=2) for sent in script.sent])
    harness.drain()
    stored = harness.rows(
        "SELECT DISTINCT toUnixTimestamp64Milli(received_at) FROM events WHERE agent_id = {agent_id:String}",
        agent_id=script.agent_id,
    )
    assert {received for (received,) in stored} == {record.received_at for record in records}
