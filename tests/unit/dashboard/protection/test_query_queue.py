"""The queue of queries: bounded in length and time; a cancelled query leaves it."""

import asyncio

import pytest

from dashboard.errors import Overloaded
from dashboard.protection.query_queue import QueryQueue, all_of


async def _hold(turns: QueryQueue, done: asyncio.Event) -> str:
    try:
        async with turns.slot():
            await done.wait()
    except Overloaded:
        return "refused"
    return "answered"


async def test_a_query_is_rejected_at_once_if_the_queue_is_full() -> None:
    turns, done = QueryQueue(4, waiting_at_most=10, wait_seconds=30), asyncio.Event()
    asking = [asyncio.create_task(_hold(turns, done)) for _ in range(100)]
    await asyncio.sleep(0.05)
    assert [task.done() for task in asking].count(True) == 86
    done.set()
    outcomes = await asyncio.gather(*asking)
    assert outcomes.count("answered") == 14


async def test_no_query_waits_longer_than_the_limit() -> None:
    turns, done = QueryQueue(1, waiting_at_most=10, wait_seconds=0.05), asyncio.Event()
    first, second = (asyncio.create_task(_hold(turns, done)) for _ in range(2))
    assert await second == "refused"
    done.set()
    assert await first == "answered"


async def test_a_cancelled_query_frees_its_place_and_slot() -> None:
    turns, done = QueryQueue(2, waiting_at_most=3, wait_seconds=30), asyncio.Event()
    for _ in range(20):
        asking = [asyncio.create_task(_hold(turns, done)) for _ in range(5)]
        await asyncio.sleep(0)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
    done.set()
    assert await asyncio.gather(*(_hold(turns, done) for _ in range(3))) == ["answered"] * 3


async def test_if_one_query_fails_the_others_are_cancelled() -> None:
    turns, done = QueryQueue(1, waiting_at_most=100, wait_seconds=30), asyncio.Event()

    async def fail() -> str:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await all_of(*(_hold(turns, done) for _ in range(50)), fail())
    await asyncio.sleep(0)
    done.set()
    assert await _hold(turns, done) == "answered"
