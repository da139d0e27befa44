"""Which records become events or dead letters, and what is kept of both."""

import base64
import json
from dataclasses import dataclass

import pytest

from tests.oracle import Record, Sent
from tests.oracle.cases.records import BAD_RECORDS, GOOD_RECORDS, OVERSIZED, BadRecord, GoodRecord
from tests.support.kafka.topic_log import PlacedRecord
from tests.support.stack.harness import Harness, unique_agent

ALL_BAD = [*BAD_RECORDS, OVERSIZED]
HEADERS = (("trace", b"a"), ("trace", b"b"), ("empty", b""))
DEAD_LETTER_SQL = """
SELECT reason, has_value, base64Encode(raw), base64Encode(key), toUnixTimestamp64Milli(received_at), headers
FROM dead_letters WHERE topic = {topic:String} AND partition = {partition:UInt32} AND offset = {offset:UInt64}
"""
EVENT_SQL = """
SELECT count() FROM events
WHERE topic = {topic:String} AND partition = {partition:UInt32} AND offset = {offset:UInt64}
"""


@dataclass(frozen=True, slots=True)
class Delivered:
    """Return the records of all cases by what they demonstrate."""

    bad: dict[str, Record]
    good: dict[str, Record]


@pytest.fixture(scope="module")
def delivered(harness: Harness) -> Delivered:
    """Deliver all invalid and valid records; each valid one has its own agent, because they share an id."""
    agent = unique_agent("records")
    bad = [_addressed(each.value, agent) for each in ALL_BAD]
    good = [_addressed(each.value, f"{agent}-{number}") for number, each in enumerate(GOOD_RECORDS)]
    records = harness.send([PlacedRecord(sent, headers=HEADERS) for sent in bad + good])
    harness.drain()
    return Delivered(
        dict(zip((each.fact for each in ALL_BAD), records[: len(bad)], strict=True)),
        dict(zip((each.fact for each in GOOD_RECORDS), records[len(bad) :], strict=True)),
    )


def _addressed(value: bytes | None, agent_id: str) -> Sent:
    """Return the value with an agent in place of AGENT, with the key of its ids if it has any."""
    named = None if value is None else value.replace(b'"AGENT"', json.dumps(agent_id).encode())
    try:
        fields = json.loads(named or b"")
        return Sent(str(fields["agent_id"]), str(fields["conversation_id"]), named)
    except (ValueError, KeyError, TypeError, RecursionError):
        return Sent(agent_id, "chat", named)


def _text(value: bytes | None) -> str:
    return base64.b64encode(value or b"").decode()


def _at(harness: Harness, record: Record, query: str) -> list[tuple[object, ...]]:
    return harness.rows(query, topic=harness.log.topic, partition=record.partition, offset=record.offset)


@pytest.mark.parametrize("bad", ALL_BAD, ids=[bad.fact for bad in ALL_BAD])
def test_an_invalid_record_is_kept_with_a_reason_that_names_its_field(
    harness: Harness, delivered: Delivered, bad: BadRecord
) -> None:
    record = delivered.bad[bad.fact]
    ((reason, has_value, raw, key, received_at, headers),) = _at(harness, record, DEAD_LETTER_SQL)
    assert reason
    assert not bad.fields or any(field in str(reason) for field in bad.fields), reason
    assert (has_value, raw, key) == (int(record.value is not None), _text(record.value), _text(record.key))
    assert received_at == record.received_at
    assert headers == [(name, value.decode()) for name, value in HEADERS]
    assert _at(harness, record, EVENT_SQL) == [(0,)]


@pytest.mark.parametrize("good", GOOD_RECORDS, ids=[good.fact for good in GOOD_RECORDS])
def test_a_valid_record_is_an_event_and_not_a_dead_letter(
    harness: Harness, delivered: Delivered, good: GoodRecord
) -> None:
    record = delivered.good[good.fact]
    assert _at(harness, record, EVENT_SQL) == [(1,)]
    assert _at(harness, record, DEAD_LETTER_SQL) == []


def test_a_reason_never_contains_the_value(harness: Harness, delivered: Delivered) -> None:
    values = ("conversation_started", "End_User", "yesterday", "2023-02-29", "smile")
    for record in delivered.bad.values():
        ((reason, *_),) = _at(harness, record, DEAD_LETTER_SQL)
        assert not [value for value in values if value in str(reason)]
