"""Dead letters of a real worker: kept unchanged, listed by reason, replayed after a fix, and dropped."""

import asyncio
import time
from collections.abc import Iterator, Sequence

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.embedded.stack.stack import Stack
from deploy.embedded.stack.topics import create_topic
from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.fact_rows import FlushRows
from stream_processors.conversations.key import ConversationKey
from stream_processors.conversations.rules import EscalationActions, FoldRules
from stream_processors.dead_letters.storage import DeadLetterPolicy
from stream_processors.kafka.records import DEAD_LETTER_HEADER, DeadLetter, LogPosition
from stream_processors.partitions.range_log import RangeLog
from stream_processors.partitions.ranges import Fingerprint, Range
from stream_processors.partitions.reconcile import repair_token, what_is_missing
from stream_processors.pipeline.steps import partition_of
from tests.support.kafka.records import KafkaRecord
from tests.support.kafka.topic_log import PARTITIONS, TopicLog
from tests.support.stack.dead_letter_topic import LONG_AGO_MS, DeadLetterTopic, RecordPosition, event, selection_options
from tests.support.stack.harness import Harness, unique_agent

MANY = 3_000
BAD = {
    "no_value": None,
    "too_large": b'{"content":"' + b"x" * 1024**2 + b'"}',
    "broken_json": b'{"type": \xff',
    "not_an_object": b"[1]",
    "too_deep": b"[" * 65 + b"]" * 65,
    "invalid_event": b'{"type":"smile"}',
}


@pytest.fixture(scope="module")
def dead_letters(stack: Stack) -> Iterator[DeadLetterTopic]:
    """Return a topic of this module with a worker."""
    topic = unique_agent("dead_letters")
    create_topic(stack.broker.address, topic, PARTITIONS)
    own = {"CONVOSTREAM_KAFKA_TOPIC": topic, "CONVOSTREAM_KAFKA_GROUP": f"{topic}-workers"}
    worker = stack.add_worker(own)
    harness = Harness(stack, TopicLog(stack.broker.address, topic), worker)
    yield DeadLetterTopic(stack, harness, stack.environment() | own)
    worker.stop()


@pytest.fixture(scope="module")
def of_each_code(dead_letters: DeadLetterTopic) -> dict[str, RecordPosition]:
    """Return a dead letter of each reason code."""
    places = {code: dead_letters.send(value) for code, value in BAD.items()}
    dead_letters.harness.drain()
    return places


@pytest.mark.parametrize("code", BAD)
def test_dead_letters_are_listed_by_reason(
    dead_letters: DeadLetterTopic, of_each_code: dict[str, RecordPosition], code: str
) -> None:
    dead_letter = dead_letters.at(of_each_code[code])
    assert dead_letter is not None
    assert dead_letter.code == code
    status, said = dead_letters.run("list", "--reason-code", code)
    listed = said.partition("the latest")[2]
    assert status == 0
    assert dead_letter.reason in listed
    assert not [other for other in BAD if other != code and other in listed]


@pytest.mark.parametrize(
    ("value", "key"),
    [
        pytest.param(b"\x00\xff{", b"\xfe\x00", id="bytes that are not UTF-8"),
        pytest.param(b"", b"", id="an empty value and an empty key"),
        pytest.param(None, b"k", id="no value"),
        pytest.param(b"{", None, id="no key"),
    ],
)
@pytest.mark.brokers("embedded", "kafka")
def test_value_key_and_headers_are_kept_unchanged(
    dead_letters: DeadLetterTopic, value: bytes | None, key: bytes | None
) -> None:
    headers: list[tuple[str, bytes | None]] = [("trace", b"\xff\x00"), ("trace", b""), ("null", None), ("ä", b"1")]
    dead_letter = dead_letters.at(dead_letters.produce(value, key, 1, headers))
    assert dead_letter is not None
    assert dead_letter.raw == (None if value is None else value.hex().upper())
    assert dead_letter.key == (None if key is None else key.hex().upper())
    assert dead_letter.headers == [(name, None if each is None else each.hex().upper()) for name, each in headers]


@pytest.mark.brokers("embedded", "kafka")
def test_a_replayed_dead_letter_becomes_an_event_with_its_time_of_receipt(
    dead_letters: DeadLetterTopic,
) -> None:
    agent = unique_agent("mended")
    home = partition_of(ConversationKey(agent, "production", "chat"), PARTITIONS)
    (place,) = dead_letters.refuse([event(agent)], partition=(home + 1) % PARTITIONS)
    status, said = dead_letters.run("replay", *selection_options(place))
    assert (status, "sent 1 of 1 dead letters: 1 are settled" in said) == (0, True), said
    assert dead_letters.at(place) is None
    assert dead_letters.statuses(place) == ["refused", "replayed"]
    assert dead_letters.events(agent) == [(home, LONG_AGO_MS)]


def test_a_dead_letter_that_is_rejected_again_gets_the_latest_reason(dead_letters: DeadLetterTopic) -> None:
    (place,) = dead_letters.refuse([b'{"type":"smile"}'])
    before = dead_letters.count()
    for attempts in (2, 3):
        status, said = dead_letters.run("replay", *selection_options(place))
        dead_letter = dead_letters.at(place)
        assert (status, "1 were refused again" in said) == (0, True), said
        assert dead_letter is not None
        assert (dead_letter.attempts, dead_letter.code) == (attempts, "invalid_event")
        assert dead_letter.reason.startswith("type: unknown")
        assert (dead_letter.received_at, dead_letter.headers) == (LONG_AGO_MS, [("trace", "78"), ("null", None)])
        assert dead_letters.count() == before


@pytest.mark.parametrize("code", BAD)
def test_a_dead_letter_of_any_kind_can_be_replayed(
    dead_letters: DeadLetterTopic, of_each_code: dict[str, RecordPosition], code: str
) -> None:
    place = of_each_code[code]
    status, said = dead_letters.run("replay", *selection_options(place))
    dead_letter = dead_letters.at(place)
    assert (status, "1 were refused again" in said) == (0, True), said
    assert dead_letter is not None
    assert (dead_letter.attempts, dead_letter.code) == (2, code)
    assert dead_letter.raw == (None if (value := BAD[code]) is None else value.hex().upper())


def test_an_event_that_is_already_stored_resolves_its_dead_letter_too(dead_letters: DeadLetterTopic) -> None:
    agent = unique_agent("repeated")
    value = event(agent)
    places = dead_letters.refuse([value, value])
    for place in places:
        assert dead_letters.run("replay", *selection_options(place))[0] == 0
    assert [dead_letters.at(place) for place in places] == [None, None]
    assert len(dead_letters.events(agent)) == 1


def test_a_header_that_names_a_dead_letter_with_other_bytes_is_ignored(dead_letters: DeadLetterTopic) -> None:
    agent = unique_agent("forged")
    (place,) = dead_letters.refuse([event(agent)])
    header = f"{dead_letters.topic}:{place.partition}:{place.log_epoch}:{place.offset}".encode()
    dead_letters.produce(event(agent), headers=[(DEAD_LETTER_HEADER, header)])
    broken = dead_letters.produce(b"{", headers=[(DEAD_LETTER_HEADER, header)])
    nowhere = dead_letters.produce(b"{", headers=[(DEAD_LETTER_HEADER, f"{dead_letters.topic}:0:1:{2**50}".encode())])
    assert len(dead_letters.events(agent)) == 1
    assert dead_letters.statuses(place) == ["refused"]
    assert [each and each.attempts for each in map(dead_letters.at, (place, broken, nowhere))] == [1, 1, 1]


def test_a_replay_that_was_killed_can_be_repeated(dead_letters: DeadLetterTopic) -> None:
    agents = [unique_agent("killed") for _ in range(3)]
    places = dead_letters.refuse([event(agents[n % 3], f"chat-{n}") for n in range(MANY)])
    log = dead_letters.harness.log
    with dead_letters.start("replay", "--reason-code", "invalid_event") as killed:
        sent = asyncio.run(_wait_for_growth(log, sum(log.end_offsets().values())))
        killed.kill()
    assert sent < MANY
    status, said = dead_letters.run("replay", "--reason-code", "invalid_event", "--wait", "60")
    assert status == 0, said
    dead_letters.harness.drain()
    became = dead_letters.became({place.offset for place in places})
    assert (len(became), {tuple(value) for value in became.values()}) == (MANY, {("refused", "replayed")})
    stored = dead_letters.harness.rows(
        "SELECT count(), uniqExact(event_id) FROM events WHERE agent_id IN {agents:Array(String)}", agents=agents
    )
    assert stored == [(MANY, MANY)]


async def _wait_for_growth(log: TopicLog, before: int) -> int:
    """Wait until a topic grows; return by how many records."""
    consumer = AIOKafkaConsumer(bootstrap_servers=log.bootstrap)
    await consumer.start()
    try:
        partitions = [TopicPartition(log.topic, number) for number in range(PARTITIONS)]
        deadline = time.monotonic() + 60
        now = before
        while now <= before:
            now = sum((await consumer.end_offsets(partitions)).values())
            assert time.monotonic() < deadline, "nothing was sent"
        return now - before
    finally:
        await consumer.stop()


def test_dropping_asks_first(dead_letters: DeadLetterTopic) -> None:
    first, second = dead_letters.refuse([b"{", b"{"])
    status, said = dead_letters.run("drop", *selection_options(first), answer="n\n")
    assert (status, "Drop 1 dead letters (invalid_event: 1)?" in said) == (1, True), said
    assert dead_letters.at(first) is not None
    assert dead_letters.run("drop", *selection_options(first), answer="y\n")[0] == 0
    assert dead_letters.statuses(first) == ["refused", "dropped"]
    assert (dead_letters.at(first), dead_letters.at(second) is None) == (None, False)
    assert (
        dead_letters.run("drop", *selection_options(second), "--yes")[1]
        == "dropped 1 dead letters (invalid_event: 1)\n"
    )
    assert dead_letters.at(second) is None
    assert "sent 0 of 0" in dead_letters.run("replay", *selection_options(second))[1]


async def missing_before_and_after_a_repair(
    clickhouse: ClickHouse, written: Range, segments: Sequence[Segment]
) -> tuple[int, int]:
    rules = FoldRules(1_800_000, EscalationActions())
    missing = await what_is_missing(clickhouse, written, segments, rules)
    owner_claim = await RangeLog(clickhouse, written.topic, "repair").claim(written.partition, None)
    block = owner_claim.block(missing, written.log_epoch)
    await clickhouse.insert_block("inbox", block.columns, block.data, repair_token(owner_claim))
    after = await what_is_missing(clickhouse, written, segments, rules)
    return sum(each.length for each in missing), sum(each.length for each in after)


def test_a_dead_letter_that_the_engine_lost_is_inserted_at_its_own_offset(dead_letters: DeadLetterTopic) -> None:
    (origin,) = dead_letters.refuse([b"{"])
    replayed = LogPosition(dead_letters.topic, 0, origin.log_epoch, origin.offset)
    place = LogPosition(dead_letters.topic, 0, 1, origin.offset)
    rows = FlushRows()
    for offset, dead_letter in (
        (place.offset + 1, replayed),
        (place.offset + 2, place._replace(offset=place.offset + 2)),
    ):
        record = KafkaRecord(offset=offset, value=b"{", headers=[("null", None)])
        rows.add_dead_letter(
            DeadLetter(record, LONG_AGO_MS, "broken_json", "value: broken JSON", DeadLetterPolicy().keep(record)),
            dead_letter,
        )
    written = Range(*place, place.offset + 3, 2, 1, "fold", last_record=Fingerprint(0, 0))
    clickhouse = ClickHouse(dead_letters.stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"])
    assert asyncio.run(missing_before_and_after_a_repair(clickhouse, written, rows.segments())) == (2, 0)
    clickhouse.close()
    again, own = dead_letters.at(origin), dead_letters.at(RecordPosition(0, origin.offset + 2))
    assert (again and again.attempts, own and own.attempts, own and own.headers) == (2, 1, [("null", None)])
