"""Ownership: which partitions are ours, and that a release ends at its deadline whatever a server does."""

import asyncio

from stream_processors.kafka.source import Poll
from stream_processors.partitions.assignment import Ownership
from tests.support.kafka.in_memory_source import source_of
from tests.support.kafka.records import KafkaRecord
from tests.support.worker.context import Clock, worker_context

SOON = 0.05


def ownership_of(failures: list[BaseException]) -> Ownership:
    return Ownership(worker_context(source_of(range(5)), Clock()), failures.append)


async def test_before_the_first_rebalance_nothing_is_owned_or_settled() -> None:
    ownership = ownership_of([])
    assert ownership.partitions == []
    assert not ownership.is_settled


async def test_a_worker_without_partitions_is_settled_after_a_rebalance() -> None:
    ownership = ownership_of([])
    await ownership.assign(set())
    assert ownership.is_settled


async def test_partitions_that_wait_for_clickhouse_are_owned_but_not_settled() -> None:
    ownership = ownership_of([])
    await ownership.assign({0, 3})
    assert sorted(partition.number for partition in ownership.partitions) == [0, 3]
    assert not ownership.is_settled
    await ownership.release(SOON)


async def test_a_release_ends_at_its_deadline_although_clickhouse_does_not_answer() -> None:
    failures: list[BaseException] = []
    ownership = ownership_of(failures)
    await ownership.assign({0})
    await asyncio.wait_for(ownership.release(SOON), timeout=5)
    assert ownership.partitions == []
    assert failures == []


async def test_a_rebalance_lets_go_of_what_was_owned_before() -> None:
    failures: list[BaseException] = []
    tools = worker_context(source_of(range(5)), Clock(), kafka_session_timeout_seconds=1)
    ownership = Ownership(tools, failures.append)
    await ownership.assign({0})
    before = ownership.partitions
    await ownership.assign({0, 1})
    assert sorted(partition.number for partition in ownership.partitions) == [0, 1]
    assert before[0] not in ownership.partitions
    await ownership.release(SOON)
    assert failures == []


async def test_a_poll_of_a_partition_that_was_given_away_is_left_to_its_new_owner() -> None:
    ownership = ownership_of([])
    await ownership.assign(set())
    ownership.deliver(Poll.of(2, [KafkaRecord(partition=2)], 1))
    assert ownership.partitions == []


async def test_a_release_of_nothing_is_done_at_once() -> None:
    await asyncio.wait_for(ownership_of([]).release(), timeout=1)
