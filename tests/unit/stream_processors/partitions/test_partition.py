"""A partition's owner, as far as it needs no server: when it is starved."""

from collections.abc import Sequence

import pytest

from stream_processors.kafka.source import Poll
from stream_processors.partitions.partition import Partition
from tests.support.kafka.in_memory_source import source_of
from tests.support.kafka.records import KafkaRecord
from tests.support.worker.context import Clock, worker_context


def partition_of(offsets: Sequence[int], clock: Clock, *, is_settled: bool = True) -> Partition:
    partition = Partition(0, worker_context(source_of(offsets), clock))
    partition.is_settled = is_settled
    return partition


def pass_time(partition: Partition, clock: Clock, seconds: float) -> None:
    """Let the worker update the partition's starvation before and after some seconds."""
    partition.update_starvation()
    clock.now += seconds
    partition.update_starvation()


async def test_a_partition_that_has_not_begun_is_not_starved() -> None:
    clock = Clock()
    partition = partition_of(range(5), clock, is_settled=False)
    pass_time(partition, clock, 1_000)
    assert partition.lag == 5
    assert partition.starved_for == 0


async def test_a_partition_is_starved_for_as_long_as_records_wait_and_none_is_read() -> None:
    clock = Clock()
    partition = partition_of(range(5), clock)
    pass_time(partition, clock, 40)
    assert partition.starved_for == 40


async def test_records_that_come_after_a_long_lull_have_not_waited_that_long() -> None:
    clock = Clock()
    feed = source_of([])
    partition = Partition(0, worker_context(feed, clock))
    partition.is_settled = True
    pass_time(partition, clock, 10_000)
    feed.logs[0].append(KafkaRecord(0, 0))
    partition.update_starvation()
    assert partition.starved_for == 0


async def test_a_record_that_is_read_ends_the_starvation() -> None:
    clock = Clock()
    partition = partition_of(range(5), clock)
    pass_time(partition, clock, 40)
    partition.deliver(Poll.of(0, [KafkaRecord(offset=0)], 0))
    assert partition.starved_for == 0


async def test_a_partition_without_waiting_records_is_not_starved() -> None:
    clock = Clock()
    partition = partition_of([], clock)
    pass_time(partition, clock, 40)
    assert partition.starved_for == 0


async def test_a_partition_whose_records_wait_to_be_written_is_not_starved() -> None:
    clock = Clock()
    partition = partition_of(range(5), clock)
    partition.deliver(Poll.of(0, [KafkaRecord(offset=0)], 0))
    pass_time(partition, clock, 40)
    assert partition.starved_for == 0


@pytest.mark.parametrize(("owned", "paused"), [(1, set()), (4, {0})], ids=["alone", "as one of four"])
async def test_the_partitions_of_a_worker_share_the_bytes_that_may_wait(owned: int, paused: set[int]) -> None:
    feed = source_of([])
    partition = Partition(0, worker_context(feed, Clock(), buffer_max_bytes=1_048_576), owned)
    partition.deliver(Poll.of(0, [KafkaRecord(value=b"x" * 300_000)], 0))
    assert feed.paused == paused
