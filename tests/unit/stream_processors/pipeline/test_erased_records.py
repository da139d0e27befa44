"""Records of whom was erased are dropped from a batch, everybody else's stay."""

from typing import Any

import pytest

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.tombstones import Tombstones, customer_digest, dead_letter_digest, digest_of
from stream_processors.conversations.key import ConversationKey
from stream_processors.dead_letters.storage import DeadLetterPolicy
from stream_processors.pipeline.batch import FlushBatch
from stream_processors.pipeline.erased_records import conversations_of_erased_customers, drop_erased
from stream_processors.pipeline.steps import decode_records
from tests.support.kafka.records import AT_MS, KafkaRecord, fields_of, record_of, value_of
from tests.support.worker.context import UNREACHABLE_URL
from tests.support.worker.wire_events import enrichment_of

KEY = ConversationKey("a", "production", "c")
REFUSED = value_of(fields_of("unheard of"))
CUSTOMERS = Tombstones(customers={customer_digest("a", "production", "ann"): AT_MS})


def tombstones_of(*keys: ConversationKey) -> Tombstones:
    tombstones = Tombstones()
    for key in keys:
        tombstones.add(key)
    return tombstones


def decoded(*records: KafkaRecord) -> FlushBatch:
    batch = FlushBatch(records, seen_at=AT_MS + 3_600_000)
    decode_records(batch, enrichment_of(), DeadLetterPolicy().keep, 0, len(records))
    return batch


async def dropped(tombstones: Tombstones, *records: KafkaRecord) -> FlushBatch:
    batch = decoded(*records)
    await drop_erased(batch, tombstones, ClickHouse(UNREACHABLE_URL, threads=1), 0)
    return batch


async def test_events_of_an_erased_conversation_are_dropped_alone() -> None:
    other = [record_of(offset=1, conversation_id="d"), record_of(offset=2, environment="staging")]
    batch = await dropped(tombstones_of(KEY), record_of(), *other)
    assert set(batch.conversations) == {KEY._replace(conversation_id="d"), KEY._replace(environment="staging")}


@pytest.mark.parametrize(
    "record",
    [
        KafkaRecord(key=None, value=REFUSED),
        KafkaRecord(key=b"a/c", value=b"no JSON"),
        KafkaRecord(key=b"a/c", value=None),
        KafkaRecord(key=b"a/c", value=b'{"conversation_id": 5}'),
    ],
)
async def test_a_refused_record_of_an_erased_conversation_is_no_dead_letter(record: KafkaRecord) -> None:
    assert len(decoded(record).dead_letters) == 1
    assert (await dropped(tombstones_of(KEY), record)).dead_letters == []


async def test_a_refused_record_of_somebody_else_stays() -> None:
    records = [
        KafkaRecord(key=b"a/c", value=value_of(fields_of("unheard of", environment="staging"))),
        KafkaRecord(key=b"a/c", value=value_of(fields_of("unheard of", conversation_id="d"))),
        KafkaRecord(key=b"a/d", value=b"c"),
    ]
    assert len((await dropped(tombstones_of(KEY), *records)).dead_letters) == len(records)


async def test_an_erased_dead_letter_is_known_by_its_bytes() -> None:
    tombstones = Tombstones(dead_letters={dead_letter_digest(b"k", b"broken")})
    batch = await dropped(tombstones, KafkaRecord(key=b"k", value=b"broken"), KafkaRecord(key=b"l", value=b"broken"))
    assert [letter.record.key for letter in batch.dead_letters] == [b"l"]


@pytest.mark.parametrize(
    ("own", "is_erased"),
    [
        ({"customer_id": " ann "}, True),
        ({"customer_id": "Ann"}, False),
        ({"customer_id": "ann", "environment": "staging"}, False),
        ({"customer_id": "ann", "agent_id": "b"}, False),
        ({"customer_id": None}, False),
    ],
)
@pytest.mark.parametrize("type_", ["conversation_engaged", "conversation_ended"])
def test_a_conversation_is_an_erased_customers_by_any_event(own: dict[str, Any], is_erased: bool, type_: str) -> None:
    named = conversations_of_erased_customers(decoded(record_of(type_, **own)), CUSTOMERS)
    assert bool(named) is is_erased


@pytest.mark.parametrize(
    ("occurred_at", "received_at", "is_erased"),
    [
        ("2024-04-02T10:00:00Z", AT_MS + 60_000, True),
        ("2024-04-02T10:01:00Z", AT_MS, True),
        ("2024-04-02T10:00:30Z", AT_MS + 60_000, False),
    ],
)
def test_what_happens_and_arrives_after_the_erasure_is_new(occurred_at: str, received_at: int, is_erased: bool) -> None:
    fields = fields_of("conversation_visited", customer_id="ann", occurred_at=occurred_at)
    batch = decoded(KafkaRecord(timestamp=received_at, value=value_of(fields)))
    assert bool(conversations_of_erased_customers(batch, CUSTOMERS)) is is_erased


def test_lengths_keep_the_parts_of_a_digest_apart() -> None:
    assert len({digest_of("ab", "c"), digest_of("a", "bc"), digest_of("abc"), digest_of("abc", "")}) == 4
