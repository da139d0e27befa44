"""A hostile producer on a running stack: no partition stops, and no forged time is used."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from hashlib import sha256
from urllib.error import HTTPError
from urllib.request import urlopen

import clickhouse_connect
import pytest

from dashboard.routes.ingestion import PARTITIONS_SQL
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.conversations.key import ConversationKey, conversation_hash
from stream_processors.conversations.rules import EscalationActions, FoldRules
from stream_processors.dead_letters.claims import dead_letters_sql
from stream_processors.errors import TooManyEvents
from stream_processors.kafka.records import LogPosition, place_text
from stream_processors.state.loader import load_events
from tests.oracle import Question, Record, Sent
from tests.oracle.cases import Script
from tests.oracle.date_times import epoch_ms
from tests.support.kafka.topic_log import PlacedRecord
from tests.support.stack.harness import Harness, history, unique_agent

NOON = epoch_ms("2024-04-02T12:00:00Z")
MONTHS = [epoch_ms(f"{2000 + number // 12}-{number % 12 + 1:02}-01T00:00:00Z") for number in range(300)]
STORED_SQL = """
SELECT toUnixTimestamp64Milli(occurred_at), toUnixTimestamp64Milli(received_at), has(invalid_fields, 'occurred_at')
FROM events WHERE agent_id = {agent_id:String} ORDER BY conversation_id
"""
SEEN_SQL = """
SELECT toUnixTimestamp64Milli(seen_at) FROM ranges
WHERE topic = {topic:String} AND partition = {partition:UInt32} AND {offset:UInt64} BETWEEN first AND last
"""


def question_of(harness: Harness, agent_id: str) -> Question:
    return Question(agent_id, "production", 0, harness.now(), "UTC", harness.now())


def seen(harness: Harness, record: Record) -> Record:
    """Return a record with the time when the worker first saw it, from the range log."""
    rows = harness.rows(SEEN_SQL, topic=harness.log.topic, partition=record.partition, offset=record.offset)
    times = {int(str(at)) for (at,) in rows}
    assert len(times) == 1
    return replace(record, seen_at=times.pop())


def test_records_of_300_months_in_one_conversation_stop_nothing(forgetful: Harness) -> None:
    script = Script(unique_agent("months"), NOON)
    for number, _ in enumerate(MONTHS):
        script.user(NOON + number, "chat")
    placed = [PlacedRecord(sent, timestamp_ms=at) for sent, at in zip(script.sent, MONTHS, strict=True)]
    delivered = forgetful.send(placed)
    forgetful.drain()
    stored = forgetful.rows(STORED_SQL, agent_id=script.agent_id)
    assert {received for _, received, _ in stored} == set(MONTHS)
    assert forgetful.differences(history(delivered), [question_of(forgetful, script.agent_id)]) == []


def test_conversations_that_are_too_large_to_load_at_once_are_reported(forgetful: Harness) -> None:
    script = Script(unique_agent("large"), NOON)
    for number in range(20):
        script.user(NOON + number, f"chat-{number % 2}")
    forgetful.send(script.sent)
    forgetful.drain()
    clickhouse = ClickHouse(forgetful.stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"], threads=1)
    hashes = [conversation_hash(ConversationKey(script.agent_id, "production", f"chat-{each}")) for each in (0, 1)]
    rules = FoldRules(1_800_000, EscalationActions())
    call = partial(load_events, clickhouse, hashes, LogPosition("another", 0, 1, 0), rules)
    assert sum(map(len, asyncio.run(call(20)).values())) == 20
    with pytest.raises(TooManyEvents):
        asyncio.run(call(19))
    clickhouse.close()


def test_checking_headers_reads_no_bytes_of_dead_letters(harness: Harness) -> None:
    refused = Sent("copies", "chat", b"x" * 300_000)
    (first,) = harness.send([refused])
    harness.drain()
    letter = LogPosition(harness.log.topic, first.partition, 1, first.offset)
    harness.send(
        [PlacedRecord(refused, first.partition, headers=(("convostream-dead-letter", place_text(letter)),))] * 20
    )
    harness.drain()
    clickhouse = ClickHouse(harness.stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"], threads=1)
    (known,) = asyncio.run(clickhouse.rows(dead_letters_sql([letter]), {"topic": letter.topic}))
    assert known["proof"] == sha256(refused.value or b"").hexdigest()
    copies = "SELECT count() FROM dead_letter_records WHERE origin_offset = {offset:UInt64} AND length(raw) = 300000"
    assert harness.rows(copies, offset=first.offset) == [(21,)]
    bounded = dead_letters_sql([letter]) + " SETTINGS max_bytes_to_read = 1000000"
    assert asyncio.run(clickhouse.rows(bounded, {"topic": letter.topic})) == [known]
    clickhouse.close()


@pytest.mark.parametrize("origin", ["agent-events:1:2", "other:1:2", "agent-events:999999999:999999999999999999", "'"])
def test_headers_that_name_no_stored_record_are_ignored(harness: Harness, origin: str) -> None:
    script = Script(unique_agent("headers"), NOON)
    for number in range(150):
        script.user(NOON + number, "chat")
    forged = [
        (("convostream-received-at", str(at).encode()), ("convostream-origin", origin.encode()))
        for at in (*MONTHS[:75], *[9_999_999_999_999_999] * 75)
    ]
    delivered = harness.send([PlacedRecord(sent, headers=each) for sent, each in zip(script.sent, forged, strict=True)])
    harness.drain()
    stored = harness.rows(STORED_SQL, agent_id=script.agent_id)
    assert sorted(int(str(received)) for _, received, _ in stored) == sorted(
        each.received_at or 0 for each in delivered
    )
    assert harness.differences(history(delivered), [question_of(harness, script.agent_id)]) == []


@pytest.mark.brokers("embedded", "kafka")
def test_a_rerouted_record_keeps_its_time_and_a_forged_copy_does_not(forgetful: Harness) -> None:
    script = Script(unique_agent("origin"), NOON)
    for number in range(8):
        script.user(NOON + number, f"chat-{number}")
    misrouted = forgetful.send([PlacedRecord(sent, partition=1, timestamp_ms=NOON) for sent in script.sent])
    forgetful.drain()
    other = Script(unique_agent("origin"), NOON)
    for number in range(8):
        other.user(NOON + number, f"chat-{number}")
    forgetful.send(
        [
            PlacedRecord(
                sent,
                None,
                NOON + 60_000,
                (("convostream-origin", f"{forgetful.log.topic}:1:{record.offset}".encode()),),
            )
            for sent, record in zip(other.sent, misrouted, strict=True)
        ]
    )
    forgetful.drain()
    assert {row[1] for row in forgetful.rows(STORED_SQL, agent_id=script.agent_id)} == {NOON}
    assert {row[1] for row in forgetful.rows(STORED_SQL, agent_id=other.agent_id)} == {NOON + 60_000}


@pytest.mark.brokers("embedded", "kafka")
def test_an_impossible_time_becomes_the_time_of_the_first_read(forgetful: Harness) -> None:
    script = Script(unique_agent("times"), NOON)
    times = [0, 1, NOON // 1000, NOON * 1000, 10_413_791_999_999, 2**62, forgetful.now() + 3_600_000]
    for number, _ in enumerate(times):
        script.user(NOON + number, f"chat-{number}")
    began = forgetful.now()
    placed = [PlacedRecord(sent, timestamp_ms=at) for sent, at in zip(script.sent, times, strict=True)]
    delivered = forgetful.send(placed)
    forgetful.drain()
    stored = forgetful.rows(STORED_SQL, agent_id=script.agent_id)
    assert [(occurred, flagged) for occurred, _, flagged in stored] == [(NOON + n, 0) for n in range(len(times))]
    assert all(began - 5_000 <= int(str(received)) <= forgetful.now() + 5_000 for _, received, _ in stored)
    known = history(seen(forgetful, record) for record in delivered)
    assert [event.received_at for event in known.events] == [received for _, received, _ in stored]
    assert forgetful.differences(known, [question_of(forgetful, script.agent_id)]) == []


@contextmanager
def refusing(harness: Harness, agent_id: str) -> Iterator[None]:
    """Create a view that throws for the events of one agent."""
    client = clickhouse_connect.get_client(
        dsn=harness.stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"], autogenerate_session_id=False
    )
    client.command("CREATE TABLE refused (agent_id String) ENGINE = Null")
    client.command(
        "CREATE MATERIALIZED VIEW refused_mv TO refused AS SELECT agent_id FROM events"
        f" WHERE throwIf(agent_id = '{agent_id}', 'no')"
    )
    try:
        yield
    finally:
        client.command("DROP TABLE refused_mv")
        client.command("DROP TABLE refused")
        client.close()


def ask(harness: Harness, path: str) -> str:
    try:
        with urlopen(f"http://127.0.0.1:{harness.worker.port}{path}", timeout=10) as answer:
            return str(answer.read().decode())
    except HTTPError as error:
        return f"{error.code} {error.read().decode()}"


def gauge(harness: Harness, name: str, partition: int) -> float:
    marked = f'{name}{{partition="{partition}"}} '
    return next(float(line.removeprefix(marked)) for line in ask(harness, "/metrics").splitlines() if marked in line)


def waiting(harness: Harness, partition: int) -> float:
    """Return for how long the dashboard reports that nothing was written."""
    rows = harness.reader.query(PARTITIONS_SQL).named_results()
    return next(
        float(row["waiting"]) for row in rows if (row["topic"], row["partition"]) == (harness.log.topic, partition)
    )


def wait_until_blocked(harness: Harness, partition: int) -> None:
    deadline = time.monotonic() + 60
    while not gauge(harness, "convostream_blocked_partitions", partition):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_rejected_block_is_reported_while_other_partitions_continue(harness: Harness) -> None:
    script, others = Script(unique_agent("refused"), NOON), Script(unique_agent("others"), NOON)
    script.user(NOON, "chat")
    for number in range(40):
        others.user(NOON + number, f"chat-{number}")
    with refusing(harness, script.agent_id):
        (blocked,) = harness.send(script.sent)
        wait_until_blocked(harness, blocked.partition)
        lag = gauge(harness, "convostream_lag_seconds", blocked.partition)
        sent = harness.send(others.sent)
        elsewhere = {record.partition for record in sent} - {blocked.partition}
        time.sleep(3)
        ready = ask(harness, "/ready")
        assert waiting(harness, blocked.partition) > 3
        assert gauge(harness, "convostream_lag_seconds", blocked.partition) > lag + 2
        assert gauge(harness, "convostream_lag_records", blocked.partition) >= 1
        ((landed,),) = harness.rows(
            "SELECT count() FROM events WHERE agent_id = {agent_id:String}", agent_id=others.agent_id
        )
        assert landed == len([record for record in sent if record.partition in elsewhere]) > 0
    assert ready.startswith(
        f"503 no: partition {blocked.partition} is blocked: ClickHouse refuses to insert the offsets"
    )
    assert "(code 395)" in ready
    assert script.agent_id not in harness.worker.log.read_text()
    harness.drain()
    assert gauge(harness, "convostream_blocked_partitions", blocked.partition) == 0
    assert ask(harness, "/ready") == "yes\n"
    assert waiting(harness, blocked.partition) == 0
    known = history([blocked, *sent])
    assert harness.differences(known, [question_of(harness, each.agent_id) for each in (script, others)]) == []
