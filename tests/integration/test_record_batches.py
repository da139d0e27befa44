"""Record batches that no ordinary client sends, on real brokers: none of them stops a partition or fills the memory."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiokafka import TopicPartition, codec
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.util import encode_varint

from stream_processors.conversations.key import ConversationKey
from stream_processors.kafka.unpacking import CODEC_NAMES
from stream_processors.pipeline.steps import partition_of
from tests.oracle import Question, Record
from tests.oracle.cases import Script
from tests.oracle.date_times import epoch_ms
from tests.support.kafka.topic_log import PARTITIONS
from tests.support.stack.harness import Harness, history, unique_agent
from tests.unit.stream_processors.kafka.test_bounded_batches import ENCODERS, batch_of

pytestmark = pytest.mark.brokers("embedded", "kafka")

NOON = epoch_ms("2024-04-02T12:00:00Z")
MIB = 2**20
FRAME = 64 * MIB
GROWTH_KB = 256 * 1024
# Snappy unpacks to at most 21 times its size, so that Apache Kafka takes no batch of it that exceeds the bound.
BOMBS = (1, 3, 4)
FOUND_SQL = """
SELECT offset, reason FROM dead_letters
WHERE topic = {topic:String} AND partition = {partition:UInt32} AND reason_code = 'unreadable_batch' ORDER BY offset
"""
HEADERS_SQL = """
SELECT arrayMap(header -> header.1, headers) FROM dead_letters
WHERE topic = {topic:String} AND partition = {partition:UInt32} AND offset = {offset:UInt64}
"""


def record_around(size: int, header: bytes = b"") -> tuple[bytes, bytes]:
    """Return the bytes before and after the value of a batch's only record."""

    def varint(number: int) -> bytes:
        written = bytearray()
        encode_varint(number, written.append)
        return bytes(written)

    before = b"\x00\x00\x00" + varint(-1) + varint(size)
    after = varint(1) + varint(len(header)) + header + varint(-1) if header else varint(0)
    return varint(len(before) + size + len(after)) + before, after


def bomb(number: int) -> bytes:
    """Return the compressed part of a batch with one record of zeros: 1 GiB for Zstandard, 40 MiB otherwise."""
    size = 16 * FRAME if number == 4 else 40 * MIB
    before, after = record_around(size)
    if number != 4:
        return bytes(ENCODERS[number](before + bytes(size) + after))
    frame = codec.zstd_encode(bytes(FRAME))
    return b"".join((codec.zstd_encode(before), frame * 16, codec.zstd_encode(after)))


async def produce(harness: Harness, partition: int, batches: Sequence[bytes]) -> list[tuple[int, int]]:
    """Send batches unchanged; return the error code and the offset of each."""
    client = AIOKafkaClient(bootstrap_servers=harness.log.bootstrap)
    await client.bootstrap()
    try:
        await client.set_topics([harness.log.topic])
        node = client.cluster.leader_for_partition(TopicPartition(harness.log.topic, partition))
        answers = []
        for batch in batches:
            request = ProduceRequest(None, -1, 30_000, [(harness.log.topic, [(partition, batch)])])
            ((_, ((_, error, offset, *_),)),) = (await client.send(node, request)).topics
            answers.append((error, offset))
        return answers
    finally:
        await client.close()


def peak_kb(harness: Harness) -> int:
    """Return the peak memory of the worker."""
    lines = Path(f"/proc/{harness.worker.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def send_events(harness: Harness, script: Script) -> list[Record]:
    for number in range(3):
        script.user(NOON + number, "chat")
    return harness.send(script.sent[-3:])


def test_damaged_batches_stop_nothing(harness: Harness) -> None:
    script = Script(unique_agent("damaged"), NOON)
    partition = partition_of(ConversationKey(script.agent_id, "production", "chat"), PARTITIONS)
    damaged = batch_of(4, codec.zstd_encode(b"x" * 100)[:-3], 0, 1)
    wrong_checksum = damaged[:-1] + bytes([damaged[-1] ^ 1])
    answers = asyncio.run(produce(harness, partition, [damaged, wrong_checksum]))
    delivered = send_events(harness, script)
    harness.drain(30)
    found = {offset for offset, _ in harness.rows(FOUND_SQL, topic=harness.log.topic, partition=partition)}
    assert found >= {offset for error, offset in answers if not error}
    question = Question(script.agent_id, "production", 0, harness.now(), "UTC", harness.now())
    assert harness.differences(history(delivered), [question]) == []


def test_bombs_and_odd_header_names_stop_nothing(harness: Harness) -> None:
    script = Script(unique_agent("bomb"), NOON)
    partition = partition_of(ConversationKey(script.agent_id, "production", "chat"), PARTITIONS)
    delivered = send_events(harness, script)
    harness.drain()
    before = peak_kb(harness)
    odd_before, odd_after = record_around(1, b"\xff\xfe")
    batches = [batch_of(number, bomb(number), 0, 1) for number in BOMBS]
    odd = batch_of(0, odd_before + b"{" + odd_after, 0, 1)
    answers = asyncio.run(produce(harness, partition, [*batches, odd]))
    delivered += send_events(harness, script)
    harness.drain()
    assert [error for error, _ in answers] == [0] * len(answers)
    offsets = [offset for _, offset in answers]
    found = harness.rows(FOUND_SQL, topic=harness.log.topic, partition=partition)
    found = [row for row in found if row[0] in offsets]
    assert [offset for offset, _ in found] == offsets[:-1]
    for (_, reason), number in zip(found, BOMBS, strict=True):
        assert str(reason).endswith("unpacks to more than 33554432 bytes")
        assert CODEC_NAMES[number] in str(reason)
    assert peak_kb(harness) - before < GROWTH_KB
    (headers,) = harness.rows(HEADERS_SQL, topic=harness.log.topic, partition=partition, offset=offsets[-1])
    assert headers == (["\\xff\\xfe"],)
    harness.worker.stop()
    harness.worker.start()
    harness.worker.wait_until_ready(60)
    delivered += send_events(harness, script)
    harness.drain()
    again = harness.rows(FOUND_SQL, topic=harness.log.topic, partition=partition)
    assert [row for row in again if row[0] in offsets] == found
    assert peak_kb(harness) - before < GROWTH_KB
    question = Question(script.agent_id, "production", 0, harness.now(), "UTC", harness.now())
    assert harness.differences(history(delivered), [question]) == []
