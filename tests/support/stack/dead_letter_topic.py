"""A separate topic with its worker, its dead letters, and the commands that replay and drop them."""

import asyncio
import os
import subprocess
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import clickhouse_connect
import orjson
from aiokafka import AIOKafkaProducer

from deploy.embedded.stack.stack import Stack
from tests.support.stack.harness import Harness

Headers = list[tuple[str, bytes | None]]

ROOT = Path(__file__).parents[3]
OPEN_SQL = """
SELECT attempts, reason_code, reason, has_value, hex(raw), has_key, hex(key),
    arrayMap(header -> (header.1, hex(header.2)), headers), toUnixTimestamp64Milli(received_at)
FROM dead_letters
WHERE topic = {topic:String} AND partition = {partition:UInt32} AND log_epoch = {epoch:UInt64}
    AND offset = {offset:UInt64}
"""
COUNTED_SQL = "SELECT count() FROM dead_letters WHERE topic = {topic:String}"
STATUS_SQL = """
SELECT status FROM dead_letter_records
WHERE origin_topic = {topic:String} AND origin_partition = {partition:UInt32}
    AND origin_log_epoch = {epoch:UInt64} AND origin_offset = {offset:UInt64}
ORDER BY written_at, status
"""
BECAME_SQL = """
SELECT origin_offset, arraySort(groupUniqArray(status)) FROM dead_letter_records
WHERE origin_topic = {topic:String} GROUP BY origin_offset
"""
EVENT_SQL = """
SELECT partition, toUnixTimestamp64Milli(received_at) FROM events WHERE agent_id = {agent:String}
"""
COLUMNS = (
    "topic", "partition", "log_epoch", "offset", "origin_topic", "origin_partition", "origin_log_epoch",
    "origin_offset", "status", "received_at", "reason", "reason_code", "raw", "has_value", "key", "has_key", "headers",
)  # fmt: skip

# The log epoch of dead letters without a record in the topic.
BEFORE = 0

LONG_AGO_MS = 1_700_000_000_000


@dataclass(frozen=True, slots=True)
class RecordPosition:
    """The partition, offset and log epoch of a record."""

    partition: int
    offset: int
    log_epoch: int = 1


@dataclass(frozen=True, slots=True)
class PendingDeadLetter:
    """A dead letter as `dead_letters` shows it, bytes in hex."""

    attempts: int
    code: str
    reason: str
    raw: str | None
    key: str | None
    headers: list[tuple[str, str | None]]
    received_at: int


@dataclass(frozen=True, slots=True)
class DeadLetterTopic:
    """A separate topic with a worker, whose dead letters are listed, replayed and dropped."""

    stack: Stack
    harness: Harness
    environment: dict[str, str] = field(repr=False)

    @property
    def topic(self) -> str:
        """The name of the topic."""
        return self.harness.log.topic

    def produce(
        self, value: bytes | None, key: bytes | None = b"k", partition: int = 0, headers: Headers | None = None
    ) -> RecordPosition:
        """Produce one record to a partition and wait until it is written."""
        place = self.send(value, key, partition, headers)
        self.harness.drain()
        return place

    def send(
        self, value: bytes | None, key: bytes | None = b"k", partition: int = 0, headers: Headers | None = None
    ) -> RecordPosition:
        """Produce one record to a partition."""
        return asyncio.run(self._produce(value, key, partition, headers or []))

    async def _produce(
        self, value: bytes | None, key: bytes | None, partition: int, headers: Headers
    ) -> RecordPosition:
        producer = AIOKafkaProducer(bootstrap_servers=self.harness.log.bootstrap, max_request_size=4 * 1024**2)
        await producer.start()
        try:
            done = await producer.send_and_wait(self.topic, value, key, partition, headers=headers)
        finally:
            await producer.stop()
        return RecordPosition(done.partition, done.offset)

    def refuse(self, values: list[bytes], partition: int = 0, key: bytes = b"k") -> list[RecordPosition]:
        """Insert dead letters of an earlier log whose cause has since been fixed."""
        places = [RecordPosition(partition, int.from_bytes(os.urandom(7)), BEFORE) for _ in values]
        rows = [
            [
                *(self.topic, place.partition, BEFORE, place.offset) * 2, "refused", LONG_AGO_MS, "value: too new",
                "invalid_event", value, 1, key, 1, [("trace", "x"), ("null", None)],
            ]
            for place, value in zip(places, values, strict=True)
        ]  # fmt: skip
        client = clickhouse_connect.get_client(dsn=self.stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"])
        client.insert("dead_letter_records", rows, COLUMNS)
        client.close()
        return places

    def at(self, place: RecordPosition) -> PendingDeadLetter | None:
        """Return the pending dead letter of a record; None if there is none."""
        rows = self.harness.rows(OPEN_SQL, **self._name(place))
        if not rows:
            return None
        ((attempts, code, reason, has_value, raw, has_key, key, headers, received_at),) = rows
        return PendingDeadLetter(
            int(str(attempts)),
            str(code),
            str(reason),
            str(raw) if has_value else None,
            str(key) if has_key else None,
            [(name, value) for name, value in headers],  # type: ignore[attr-defined]
            int(str(received_at)),
        )

    def statuses(self, place: RecordPosition) -> list[object]:
        """Return all statuses of the dead letter of a record."""
        rows = self.harness.rows(STATUS_SQL, **self._name(place))
        return [status for (status,) in rows]

    def _name(self, place: RecordPosition) -> dict[str, object]:
        return {
            "topic": self.topic,
            "partition": place.partition,
            "epoch": place.log_epoch,
            "offset": place.offset,
        }

    def became(self, offsets: set[int]) -> dict[object, list[str]]:
        """Return the set of statuses of the dead letters at these offsets."""
        return {
            offset: list(statuses)  # type: ignore[call-overload]
            for offset, statuses in self.harness.rows(BECAME_SQL, topic=self.topic)
            if offset in offsets
        }

    def count(self) -> int:
        """Return the number of pending dead letters of the topic."""
        return int(str(self.harness.rows(COUNTED_SQL, topic=self.topic)[0][0]))

    def events(self, agent_id: str) -> list[tuple[object, ...]]:
        """Return partition and time of receipt of each event of an agent."""
        return self.harness.rows(EVENT_SQL, agent=agent_id)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of `dead-letters`."""
        return subprocess.Popen(
            [sys.executable, "-m", "stream_processors", "dead-letters", *arguments],
            cwd=ROOT,
            env=os.environ | self.environment | {"COLUMNS": "400"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, answer: str = "") -> tuple[int, str]:
        """Run a command of `dead-letters`; return its exit code and its output."""
        process = self.start(*arguments)
        said, _ = process.communicate(answer, timeout=120)
        return process.returncode, said


def event(agent_id: str, conversation_id: str = "chat") -> bytes:
    """Return a valid event."""
    fields = {
        "event_id": str(uuid.uuid4()),
        "type": "message",
        "sender": "end_user",
        "content": "hello",
        "agent_id": agent_id,
        "conversation_id": conversation_id,
        "occurred_at": "2023-11-14T22:13:20Z",
    }
    return orjson.dumps(fields)


def selection_options(place: RecordPosition) -> tuple[str, ...]:
    """Return the options that select one dead letter."""
    return "--partition", str(place.partition), "--offset", str(place.offset)
