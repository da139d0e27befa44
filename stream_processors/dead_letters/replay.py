"""Replay: produce dead letters again, so that the workers process them like new records.

A dead letter is produced with its original bytes, under the key that its body names. Headers carry its own headers, its
origin, its time of receipt and its position. A worker that accepts it writes the event and, in the same flush, that the
dead letter is settled. A worker that refuses it writes the new reason for the same dead letter. If a command is killed
and run again, a dead letter may be sent twice: the second one is a duplicate of its event.

If only the hash of a dead letter is stored, the record is read from Kafka at its position, and the hash must match.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

import orjson
from aiokafka.errors import MessageSizeTooLargeError

from stream_processors.clickhouse.client import ClickHouse, Row
from stream_processors.conversations.key import ConversationKey
from stream_processors.dead_letters.claims import positions_sql
from stream_processors.dead_letters.store import PendingDeadLetter, Report
from stream_processors.kafka.records import (
    DEAD_LETTER_HEADER,
    ORIGIN_HEADER,
    RECEIVED_AT_HEADER,
    UNKNOWN_TIME,
    LogPosition,
    Record,
    place_text,
)
from stream_processors.kafka.source import Headers
from stream_processors.privacy.storage_policy import ContentPolicy

PAGE_DEAD_LETTERS: Final = 200
PAGE_BYTES: Final = 8 * 1024**2
CONTENT_SQL: Final = (
    "SELECT partition, log_epoch, offset, toUnixTimestamp64Milli(received_at) AS received_at_ms, has_value,"
    " hex(raw) AS raw, has_key, hex(key) AS key, arrayMap(header -> (header.1, hex(header.2)), headers) AS headers,"
    " storage, digest FROM dead_letters"
    " WHERE topic = {topic:String} AND (partition, log_epoch, offset) IN ({positions})"
)


class Producer(Protocol):
    """What a replay needs of a Kafka producer; aiokafka's is one."""

    async def partitions_for(self, topic: str) -> set[int]:
        """Return the partitions of a topic."""
        ...

    async def send(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
        headers: Headers | None = None,
    ) -> Awaitable[object]:
        """Take a record; the returned awaitable ends when Kafka has it."""
        ...


class Source(Protocol):
    """A source of records whose bytes ClickHouse does not store."""

    async def record_at(self, position: LogPosition) -> Record | None:
        """Return the record at a position, None when it is gone."""
        ...


class StoredDeadLetter(NamedTuple):
    """A dead letter with its stored content; `received_at` is in epoch milliseconds, None when unknown."""

    position: LogPosition
    received_at: int | None
    value: bytes | None
    key: bytes | None
    headers: Headers
    storage: str = "full"
    digest: str = ""


class Replayed(NamedTuple):
    """The dead letters that were sent, that are too large for Kafka, and whose content is gone."""

    sent: list[PendingDeadLetter]
    too_large: list[LogPosition]
    gone: list[LogPosition]


async def replay(
    clickhouse: ClickHouse,
    producer: Producer,
    source: Source,
    content: ContentPolicy,
    chosen: Sequence[PendingDeadLetter],
    report: Report,
) -> Replayed:
    """Produce dead letters again, page by page; `report` gets the number done, and of all.

    Content that ClickHouse does not store comes from the source, if its hash under the key of `content` matches.
    """
    done, processed = Replayed([], [], []), 0
    for page in pages(chosen):
        pending = {dead_letter.position: dead_letter for dead_letter in page}
        # A dead letter that another replay has settled meanwhile is not found and is skipped.
        stored = await _read(clickhouse, list(pending))
        completed = [await _complete(dead_letter, source, content) for dead_letter in stored]
        done.gone.extend(
            dead_letter.position for dead_letter, whole in zip(stored, completed, strict=True) if whole is None
        )
        dead_letters = [dead_letter for dead_letter in completed if dead_letter is not None]
        taken = await asyncio.gather(*(_send(producer, dead_letter) for dead_letter in dead_letters))
        for dead_letter, is_taken in zip(dead_letters, taken, strict=True):
            if is_taken:
                done.sent.append(pending[dead_letter.position])
            else:
                done.too_large.append(dead_letter.position)
        processed += len(page)
        report(processed, len(chosen))
    return done


def pages(chosen: Sequence[PendingDeadLetter]) -> Iterator[list[PendingDeadLetter]]:
    """Yield dead letters in pages that fit into memory."""
    page: list[PendingDeadLetter] = []
    for dead_letter in chosen:
        if page and (
            len(page) == PAGE_DEAD_LETTERS or sum(sent.bytes for sent in page) + dead_letter.bytes > PAGE_BYTES
        ):
            yield page
            page = []
        page.append(dead_letter)
    if page:
        yield page


async def _read(clickhouse: ClickHouse, positions: Sequence[LogPosition]) -> list[StoredDeadLetter]:
    topic = positions[0].topic
    rows = await clickhouse.rows(CONTENT_SQL.replace("{positions}", positions_sql(positions)), {"topic": topic})
    dead_letters = {dead_letter.position: dead_letter for dead_letter in (_dead_letter(topic, row) for row in rows)}
    return [dead_letters[position] for position in positions if position in dead_letters]


def _dead_letter(topic: str, row: Row) -> StoredDeadLetter:
    return StoredDeadLetter(
        LogPosition(topic, row["partition"], row["log_epoch"], row["offset"]),
        row["received_at_ms"] or None,
        bytes.fromhex(row["raw"]) if row["has_value"] else None,
        bytes.fromhex(row["key"]) if row["has_key"] else None,
        [(name, None if value is None else bytes.fromhex(value)) for name, value in row["headers"]],
        row["storage"],
        row["digest"],
    )


async def _complete(dead_letter: StoredDeadLetter, source: Source, content: ContentPolicy) -> StoredDeadLetter | None:
    """Return a dead letter with its content, if necessary from the source; None when it is gone."""
    if dead_letter.storage == "full":
        return dead_letter
    record = await source.record_at(dead_letter.position) if dead_letter.digest else None
    if record is None or record.value is None or content.digest(record.value) != dead_letter.digest:
        return None
    return dead_letter._replace(value=record.value, key=record.key, headers=list(record.headers))


async def _send(producer: Producer, dead_letter: StoredDeadLetter) -> bool:
    """Produce a dead letter; tell whether Kafka took it."""
    topic, key, partition = dead_letter.position.topic, body_key(dead_letter.value), None
    if key is None:
        key = dead_letter.key
        partition = (
            dead_letter.position.partition
            if dead_letter.position.partition in await producer.partitions_for(topic)
            else None
        )
    if key is None and dead_letter.value is None:
        key = b""  # the client refuses a record without key and value
    try:
        await (await producer.send(topic, dead_letter.value, key, partition, None, replay_headers(dead_letter)))
    except MessageSizeTooLargeError:
        return False
    return True


def body_key(value: bytes | None) -> bytes | None:
    """Return the record key of the conversation that a body names; None when it names none."""
    try:
        fields: object = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None
    if not isinstance(fields, dict):
        return None
    agent_id, conversation_id = fields.get("agent_id"), fields.get("conversation_id")
    if isinstance(agent_id, str) and isinstance(conversation_id, str):
        return ConversationKey(agent_id, "", conversation_id).record_key
    return None


def replay_headers(dead_letter: StoredDeadLetter) -> Headers:
    """Return the headers of a dead letter with its origin, its time of receipt and its position."""
    headers = list(dead_letter.headers)
    position = dead_letter.position
    if not any(name == ORIGIN_HEADER for name, _ in headers):
        headers.append((ORIGIN_HEADER, f"{position.topic}:{position.partition}:{position.offset}".encode()))
    received_at = UNKNOWN_TIME if dead_letter.received_at is None else str(dead_letter.received_at).encode()
    return [*headers, (RECEIVED_AT_HEADER, received_at), (DEAD_LETTER_HEADER, place_text(position))]
