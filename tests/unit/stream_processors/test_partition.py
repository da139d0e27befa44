"""A partition's owner, as far as it needs no server: when it is starved."""

from stream_processors.feed import Poll
from stream_processors.partition import Partition
from tests.unit.stream_processors.in_memory_feed import feed_of
from tests.unit.stream_processors.kafka_records import KafkaRecord
from tests.unit.stream_processors.workshop import Clock, tools_of


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
