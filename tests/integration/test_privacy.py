"""Personal texts under each policy: nothing forbidden is stored or logged, and every number stays exact."""

import asyncio
import hashlib
import hmac
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import clickhouse_connect
import orjson
import pytest

from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.stack import Stack
from deploy.embedded.stack.topics import create_topic
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.fact_tables import hash_condition
from stream_processors.conversations.key import ConversationKey, conversation_hash
from stream_processors.partitions.reconcile import missing_of_conversations
from stream_processors.settings import WorkerSettings
from tests.integration.conftest import WORKER
from tests.oracle import Question, Record, Sent
from tests.support.kafka.topic_log import PARTITIONS, TopicLog
from tests.support.stack.dead_letter_topic import COLUMNS, DeadLetterTopic, RecordPosition, selection_options
from tests.support.stack.harness import Harness, history, unique_agent
from tests.unit.stream_processors.privacy.test_redaction import SHIPPED

SHOWN = (
    "SELECT storage, digest, raw, key, headers, has_value, has_key FROM dead_letters"
    " WHERE topic = {topic:String} AND partition = {partition:UInt32} AND offset = {offset:UInt64}"
)
STORED = (
    "SELECT database, table, groupArray(name) FROM system.columns JOIN system.tables AS tables"
    " ON tables.database = columns.database AND tables.name = columns.table WHERE engine LIKE '%MergeTree'"
    " AND (database = 'convostream' OR table LIKE '%log%') GROUP BY database, table"
)
NEEDLES = "{needles:Array(String)}"
BEGIN_MS, END_MS = 1_775_000_000_000, 1_775_100_000_000  # both on 2026-03-31 and the day after


@dataclass(frozen=True, slots=True)
class Policed:
    """A topic whose worker has a policy, the secrets in its records, and the records as delivered."""

    dead_letters: DeadLetterTopic
    agent: str
    secrets: list[str]
    delivered: list[Record]
    refused: list[RecordPosition]


class Planter:
    """Generate unique texts."""

    def __init__(self, ending: str) -> None:
        self.secrets: list[str] = []
        self._ending = ending

    def text(self, before: str = "") -> str:
        """Return a new secret after another text."""
        self.secrets.append(f"zq{uuid.uuid4().hex}")
        return f"{before}{self.secrets[-1]}{self._ending}"

    def _name(self) -> str:
        """Return a secret for the field of a name, which redaction does not change."""
        return "a name" if self._ending else self.text()

    def events(self, agent: str) -> list[Sent]:
        """Return events of each type in two conversations, with a secret in each of their texts."""
        text = self.text
        opening = {
            "customer_id": "u-1", "customer_ip_address": text("81.2.69.142, "), "source": "web",
            "device": text(), "language": text("en-"), "name": text(),
            "metadata": {text(): [text()], "feedback": {"rating": 5, "why": text()}}, text(): text(),
        }  # fmt: skip
        bodies: list[dict[str, object]] = [
            {"type": "conversation_visited", **opening},
            {"type": "conversation_engaged", **opening, "name": text()},
            {"type": "message", "sender": "end_user", "content": text(), "attachments": [{"filename": text()}]},
            {"type": "message", "sender": "agent", "content": text(), "attachments": [{text(): text()}]},
            {"type": "action", "action_name": "ticket", "response": text(), "tools_used": {text(): text()}},
            {"type": "action", "action_name": "find", "error_message": text(), "duration_ms": 5},
            {"type": "action", "action_name": "find", "error_message": " ", "response": text()},
            {"type": "button", "button_event": "click", "label": text(), "value": text(), "unlisted": {"n": text()}},
            {"type": "feedback", "rating": text(), "comment": text()},
            {"type": "feedback", "rating": {"score": "down", "why": text()}, "comment": text()},
            {"type": "token_usage", "total_tokens": 3, "metadata": {"m": text()}},
            {"type": "conversation_ended", "metadata": {"m": text()}, "unlisted": text()},
        ]  # fmt: skip
        return [
            sent(agent, conversation, body | {"event_id": str(uuid.uuid4()), "occurred_at": BEGIN_MS + 60_000 * number})
            for conversation in ("c-1", "c-2")
            for number, body in enumerate(bodies)
        ]

    def refused(self, agent: str) -> list[tuple[bytes | None, bytes, list[tuple[str, bytes | None]]]]:
        """Return values, keys and headers of records that the contract rejects."""
        text = self.text
        bodies = [
            f'{{"content": "{text()}", "customer_ip_address": "{text()}'.encode(),
            b"\xff" + text().encode(),
            f'["{text()}"]'.encode(),
            b"[" * 70 + f'"{text()}"'.encode() + b"]" * 70,
            orjson.dumps(
                {"type": "message", "content": [text()], "attachments": [{"size_bytes": text()}], text(): text()}
            ),
            orjson.dumps(
                {"type": self._name(), "event_id": self._name(), "agent_id": self._name(), "sender": {"n": text()}}
            ),
            f'{{"content":"{text()}{"x" * 1024**2}"}}'.encode(),
            None,
        ]
        return [(body, text().encode(), [(text(), text().encode()), ("n", None)]) for body in bodies]


def sent(agent: str, conversation: str, body: dict[str, object]) -> Sent:
    at = int(str(body["occurred_at"]))
    stamp = f"2026-03-31T{(at - BEGIN_MS) // 3_600_000:02d}:{(at - BEGIN_MS) // 60_000 % 60:02d}:00Z"
    fields = {**body, "occurred_at": stamp, "agent_id": agent, "conversation_id": conversation}
    return Sent(agent, conversation, orjson.dumps(fields))


POLICIES = {
    "hashed": {"CONVOSTREAM_CONTENT_STORAGE": "hashed"},
    "dropped": {"CONVOSTREAM_CONTENT_STORAGE": "dropped"},
    "redacted": {"CONVOSTREAM_REDACTION_FILE": str(SHIPPED)},
}


ENDINGS = {"redacted": "@example.org"}


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run a separate stack, because the tests search all rows of all tables."""
    settings = StackSettings(data_directory=tmp_path_factory.mktemp("privacy"))
    with Stack(settings, "embedded", worker_environment=WORKER) as running:
        yield running


@pytest.fixture(scope="module", params=POLICIES)
def policed(own_stack: Stack, request: pytest.FixtureRequest) -> Iterator[Policed]:
    """Send records with secrets to a worker that caches no conversation and logs as much as possible."""
    topic, agent = unique_agent("private"), unique_agent("agent")
    create_topic(own_stack.broker.address, topic, PARTITIONS)
    own = {
        "CONVOSTREAM_KAFKA_TOPIC": topic,
        "CONVOSTREAM_KAFKA_GROUP": f"{topic}-workers",
        **POLICIES[request.param],
        "CONVOSTREAM_ADDRESS_STORAGE": "dropped",
        "CONVOSTREAM_STATE_CACHE_BYTES": "0",
        "CONVOSTREAM_LOG_LEVEL": "DEBUG",
    }
    worker = own_stack.add_worker(own)
    harness = Harness(own_stack, TopicLog(own_stack.broker.address, topic), worker)
    dead_letters, planter = (
        DeadLetterTopic(own_stack, harness, own_stack.environment() | own),
        Planter("@example.org" if request.param == "redacted" else ""),
    )
    events = planter.events(agent)
    delivered = harness.send(events[::2])
    harness.drain()  # so that the others are folded into conversations that are read back
    delivered += harness.send(events[1::2])
    refused = [dead_letters.send(value, key, 0, headers) for value, key, headers in planter.refused(agent)]
    harness.drain()
    yield Policed(dead_letters, agent, planter.secrets, delivered, refused)
    worker.stop()


def test_no_table_and_no_log_has_a_text_that_was_sent(policed: Policed) -> None:
    harness = policed.dead_letters.harness
    client = clickhouse_connect.get_client(dsn=harness.stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"])
    unkeyed = [hashlib.sha256(secret.encode()).hexdigest() for secret in policed.secrets]
    needles, found = [*policed.secrets, *unkeyed], []
    tables = client.query(STORED).result_rows
    assert {"events", "dead_letter_records", "conversation_facts"} <= {table for _, table, _ in tables}
    for database, table, columns in tables:
        for begin in range(0, len(needles), 200):
            searched = ", ".join(
                f"countIf(multiSearchAny(toString(`{name}`), {{needles:Array(String)}}))" for name in columns
            )
            counts = client.query(
                f"SELECT {searched} FROM {database}.{table}", parameters={"needles": needles[begin : begin + 200]}
            ).result_rows[0]
            found += [f"{database}.{table}.{name}" for name, count in zip(columns, counts, strict=True) if count]
    logs = [
        log
        for log in harness.worker.log.parent.glob("*.log")
        for secret in policed.secrets
        if secret in log.read_text()
    ]
    assert (found, logs) == ([], [])


def test_every_number_equals_the_oracle_and_a_reloaded_conversation_is_the_same(policed: Policed) -> None:
    harness = policed.dead_letters.harness
    question = Question(policed.agent, "production", BEGIN_MS - 86_400_000, END_MS, "Europe/Zagreb", harness.now())
    assert harness.differences(history(policed.delivered), [question]) == []

    async def missing() -> list[object]:
        clickhouse = ClickHouse(harness.stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"])
        keys = [ConversationKey(policed.agent, "production", each) for each in ("c-1", "c-2")]
        try:
            condition = hash_condition(map(conversation_hash, keys))
            return list(await missing_of_conversations(clickhouse, condition, WorkerSettings().fold_rules))
        finally:
            clickhouse.close()

    assert asyncio.run(missing()) == []


@pytest.mark.parametrize("policed", ["hashed", "dropped"], indirect=True)
def test_hashed_dead_letters_are_replayed_from_kafka(policed: Policed) -> None:
    dead_letters, place = policed.dead_letters, policed.refused[0]
    parameters = {"topic": dead_letters.topic, "partition": place.partition, "offset": place.offset}
    (row,) = dead_letters.harness.rows(SHOWN, **parameters)
    assert (row[0], len(str(row[1])), *row[2:]) == ("hashed", 64, "", "", [], 1, 1)
    status, said = dead_letters.run("show", str(place.partition), str(place.offset))
    assert (status, "raw, key, headers: not stored" in said, str(row[1]) in said) == (0, True, True)
    status, said = dead_letters.run("replay", *selection_options(place))
    assert (status, "sent 1 of 1 dead letters: 0 are settled, 1 were refused again" in said) == (0, True), said
    again = dead_letters.at(place)
    assert again is not None
    assert (again.attempts, again.raw) == (2, "")


@pytest.mark.parametrize("policed", ["hashed", "dropped"], indirect=True)
@pytest.mark.parametrize("key", ["the worker's", "another"])
def test_a_hashed_dead_letter_is_sent_only_if_kafka_has_the_same_record(policed: Policed, key: str) -> None:
    dead_letters, agent = policed.dead_letters, unique_agent("again")
    body = {
        "type": "message",
        "sender": "agent",
        "content": "x",
        "event_id": str(uuid.uuid4()),
        "occurred_at": BEGIN_MS,
    }
    value = sent(agent, "c", body).value or b""
    place = dead_letters.produce(value, f"{agent}/c".encode())
    secret = dead_letters.environment["CONVOSTREAM_HASH_KEY"] if key == "the worker's" else key
    digest = hmac.new(secret.encode(), value, hashlib.sha256).hexdigest()
    client = clickhouse_connect.get_client(dsn=dead_letters.environment["CONVOSTREAM_CLICKHOUSE_URL"])
    where = (dead_letters.topic, place.partition, place.log_epoch, place.offset)
    row = [*where, *where, "refused", BEGIN_MS, "value: too new", "invalid_event", "", 1, "", 1, [], "hashed", digest]
    client.insert("dead_letter_records", [row], [*COLUMNS, "storage", "digest"])
    status, said = dead_letters.run("replay", *selection_options(place))
    if key == "another":
        assert (status, "1 were not sent, their bytes are not stored" in said) == (1, True), said
        assert dead_letters.run("drop", *selection_options(place), "--yes")[0] == 0
    else:
        assert (status, "sent 1 of 1 dead letters: 1 are settled" in said) == (0, True), said
        assert dead_letters.statuses(place) == ["refused", "replayed"]
        assert len(dead_letters.events(agent)) == 1
