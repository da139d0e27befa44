"""A partition's owner, as far as it needs no server: what tells records apart, and when it is starved."""

import pytest

from stream_processors.feed import Poll
from stream_processors.partition import Partition, fingerprint, is_last_of
from stream_processors.positions import Range
from tests.unit.stream_processors.in_memory_feed import feed_of
from tests.unit.stream_processors.kafka_records import AT_MS, KafkaRecord
from tests.unit.stream_processors.workshop import Clock, tools_of

RECORD = KafkaRecord(offset=9, key=b"a/c", value=b"{}")
KNOWN = Range("t", 0, 1, 5, 9, 3, "1-abc", fingerprint(RECORD))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(KafkaRecord(offset=9, key=b"a/c", value=b"{} "), id="another value"),
        pytest.param(KafkaRecord(offset=9, key=b"a/d", value=b"{}"), id="another key"),
        pytest.param(KafkaRecord(offset=9, key=b"a/c", value=b"{}", timestamp=AT_MS + 1), id="another time"),
        pytest.param(KafkaRecord(offset=9, key=b"a/c", value=None), id="no value"),
        pytest.param(KafkaRecord(offset=9, key=None, value=b"{}"), id="no key"),
        pytest.param(KafkaRecord(offset=8, key=b"a/c", value=b"{}"), id="another offset"),
    ],
)
def test_another_record_is_not_the_last_of_a_range(other: KafkaRecord) -> None:
    assert is_last_of(KNOWN, RECORD)
    assert not is_last_of(KNOWN, other)


@pytest.mark.parametrize("timestamp", [None, -1, 0], ids=["None", "-1", "0"])
def test_a_record_without_a_time_or_a_value_has_a_fingerprint_that_clickhouse_can_hold(timestamp: int | None) -> None:
    taken = fingerprint(KafkaRecord(key=None, value=None, timestamp=timestamp))
    assert taken.time == 0
    assert 0 <= taken.hash < 2**64


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    assert fingerprint(RECORD) == fingerprint(KafkaRecord(offset=7, partition=3, key=b"a/c", value=b"{}"))
    assert fingerprint(RECORD).time == AT_MS
    assert fingerprint(RECORD).hash == 15_202_078_515_890_294_859


async def test_a_partition_that_has_not_begun_is_not_starved() -> None:
    clock = Clock()
    partition = Partition(0, tools_of(feed_of(range(5)), clock))
    clock.now += 1_000
    assert partition.lag == 5
    assert partition.starved_seconds == 0


async def test_a_partition_is_starved_for_as_long_as_records_wait_and_none_is_read() -> None:
    clock = Clock()
    partition = Partition(0, tools_of(feed_of(range(5)), clock))
    partition.is_settled = True
    clock.now += 40
    assert partition.starved_seconds == 40


async def test_a_partition_without_waiting_records_is_not_starved() -> None:
    clock = Clock()
    partition = Partition(0, tools_of(feed_of([]), clock))
    partition.is_settled = True
    clock.now += 40
    assert partition.starved_seconds == 0


async def test_a_partition_whose_records_wait_to_be_written_is_not_starved() -> None:
    clock = Clock()
    partition = Partition(0, tools_of(feed_of(range(5)), clock))
    partition.is_settled = True
    clock.now += 40
    partition.deliver(Poll.of(0, [KafkaRecord(offset=0)], 0))
    clock.now += 40
    assert partition.starved_seconds == 0
