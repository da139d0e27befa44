"""Replay: dead letters are produced again, and the workers find out what they are now.

The life of a replayed letter: its bytes are produced as they are, under the key that its body tells, with its own
headers, its origin, its time of receipt, and its name. A worker for whom it is a valid event writes it like any other
and, in the same flush, that the letter is settled; one that refuses it writes that, with the reason of today, for the
same letter. A letter that is sent twice, because a command was killed and run again, is a repetition of its event.

Where a policy keeps the hash of a letter instead of its bytes, Kafka is asked for the record at the letter's position,
and the hash proves that it is the same.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

import orjson
from aiokafka.errors import MessageSizeTooLargeError

from stream_processors.clickhouse.client import ClickHouse, Row
from stream_processors.conversations.key import ConversationKey
from stream_processors.dead_letters.claims import places_sql
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

PAGE_LETTERS: Final = 200
PAGE_BYTES: Final = 8 * 1024**2
CONTENT_SQL: Final = (
    "SELECT partition, log_epoch, offset, toUnixTimestamp64Milli(received_at) AS received_at_ms, has_value,"
    " hex(raw) AS raw, has_key, hex(key) AS key, arrayMap(header -> (header.1, hex(header.2)), headers) AS headers,"
    " storage, digest FROM dead_letters WHERE topic = {topic:String} AND (partition, log_epoch, offset) IN ({places})"
)


class Producer(Protocol):
    """A Kafka client, as far as a replay needs it; aiokafka's is one."""

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
        """Take a record; what is returned ends when Kafka has it."""
        ...


class Source(Protocol):
    """Where records are that ClickHouse does not keep."""

    async def record_at(self, position: LogPosition) -> Record | None:
        """Return the record at a position, None when there is none any more."""
        ...


class Letter(NamedTuple):
    """A dead letter with its content, as far as it is stored; `received_at` is in milliseconds, None when unknown."""

    place: LogPosition
    received_at: int | None
    value: bytes | None
    key: bytes | None
    headers: Headers
    storage: str = "full"
    digest: str = ""


class Replayed(NamedTuple):
    """What a replay did: the letters that Kafka has, those that are larger than it takes, and those that are gone."""

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
    """Produce letters again, page by page; tell `report` how many are done, of how many.

    What ClickHouse does not keep comes from the source, if its hash under the key of `content` is the letter's.
    """
    done, looked_at = Replayed([], [], []), 0
    for page in pages(chosen):
        known = {letter.place: letter for letter in page}
        # One that was settled meanwhile, by another replay, has no content any more and is left out.
        stored = await _read(clickhouse, list(known))
        found = [await _complete(letter, source, content) for letter in stored]
        done.gone.extend(letter.place for letter, whole in zip(stored, found, strict=True) if whole is None)
        letters = [letter for letter in found if letter is not None]
        taken = await asyncio.gather(*(_send(producer, letter) for letter in letters))
        for letter, is_taken in zip(letters, taken, strict=True):
            if is_taken:
                done.sent.append(known[letter.place])
            else:
                done.too_large.append(letter.place)
        looked_at += len(page)
        report(looked_at, len(chosen))
    return done


def pages(chosen: Sequence[PendingDeadLetter]) -> Iterator[list[PendingDeadLetter]]:
    """Yield letters in parts that are small enough to be held in memory."""
    page: list[PendingDeadLetter] = []
    for letter in chosen:
        if page and (len(page) == PAGE_LETTERS or sum(each.bytes for each in page) + letter.bytes > PAGE_BYTES):
            yield page
            page = []
        page.append(letter)
    if page:
        yield page


async def _read(clickhouse: ClickHouse, places: Sequence[LogPosition]) -> list[Letter]:
    topic = places[0].topic
    rows = await clickhouse.rows(CONTENT_SQL.replace("{places}", places_sql(places)), {"topic": topic})
    letters = {letter.place: letter for letter in (_letter(topic, row) for row in rows)}
    return [letters[place] for place in places if place in letters]


def _letter(topic: str, row: Row) -> Letter:
    return Letter(
        LogPosition(topic, row["partition"], row["log_epoch"], row["offset"]),
        row["received_at_ms"] or None,
        bytes.fromhex(row["raw"]) if row["has_value"] else None,
        bytes.fromhex(row["key"]) if row["has_key"] else None,
        [(name, None if value is None else bytes.fromhex(value)) for name, value in row["headers"]],
        row["storage"],
        row["digest"],
    )


async def _complete(letter: Letter, source: Source, content: ContentPolicy) -> Letter | None:
    """Return a letter with its content, from the source if need be; None when it is nowhere."""
    if letter.storage == "full":
        return letter
    record = await source.record_at(letter.place) if letter.digest else None
    if record is None or record.value is None or content.digest(record.value) != letter.digest:
        return None
    return letter._replace(value=record.value, key=record.key, headers=list(record.headers))


async def _send(producer: Producer, letter: Letter) -> bool:
    """Produce a letter; tell whether Kafka took it."""
    topic, key, partition = letter.place.topic, body_key(letter.value), None
    if key is None:
        key = letter.key
        partition = letter.place.partition if letter.place.partition in await producer.partitions_for(topic) else None
    if key is None and letter.value is None:
        key = b""  # the client sends no record that has neither
    try:
        await (await producer.send(topic, letter.value, key, partition, None, replay_headers(letter)))
    except MessageSizeTooLargeError:
        return False
    return True


def body_key(value: bytes | None) -> bytes | None:
    """Return the key of the conversation that a body names; None when it names none."""
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


def replay_headers(letter: Letter) -> Headers:
    """Return a letter's headers with its origin, its time of receipt and its name."""
    headers = list(letter.headers)
    place = letter.place
    if not any(name == ORIGIN_HEADER for name, _ in headers):
        headers.append((ORIGIN_HEADER, f"{place.topic}:{place.partition}:{place.offset}".encode()))
    known = UNKNOWN_TIME if letter.received_at is None else str(letter.received_at).encode()
    return [*headers, (RECEIVED_AT_HEADER, known), (DEAD_LETTER_HEADER, place_text(place))]
