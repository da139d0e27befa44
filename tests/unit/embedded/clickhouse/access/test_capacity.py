"""A user's queries run, wait or are refused as the profile says; the quota counts them for an hour."""

import asyncio
from dataclasses import replace

import pytest

from deploy.embedded.clickhouse.access import capacity as module
from deploy.embedded.clickhouse.access.capacity import Capacity
from deploy.embedded.clickhouse.access.passwords import PasswordHash
from deploy.embedded.clickhouse.access.users import User, Users
from deploy.embedded.errors import ClickHouseError

READER = Users({"writer": PasswordHash.of("w"), "reader": PasswordHash.of("r")}).authenticate("reader", "r")


def _reader(**settings: str) -> User:
    return replace(READER, settings={**READER.settings, **settings})


async def _hold(capacity: Capacity, until: asyncio.Event) -> None:
    async with capacity.turn():
        await until.wait()


async def _code(capacity: Capacity) -> int:
    try:
        async with capacity.turn():
            return 0
    except ClickHouseError as error:
        return error.code


async def test_a_query_waits_for_a_while_and_is_then_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module.WAIT_SECONDS, True, 0.2)
    capacity, done = Capacity(_reader(max_memory_usage_for_user="2", max_memory_usage="1")), asyncio.Event()
    holding = [asyncio.create_task(_hold(capacity, done)) for _ in range(2)]
    await asyncio.sleep(0)
    assert await _code(capacity) == 202
    waiting = asyncio.create_task(_code(capacity))
    await asyncio.sleep(0.05)
    done.set()
    assert await waiting == 0
    await asyncio.gather(*holding)
    assert await _code(capacity) == 0


async def test_queries_beyond_the_limit_are_refused_at_once() -> None:
    capacity, done = (
        Capacity(_reader(max_concurrent_queries_for_user="3", max_memory_usage_for_user="1")),
        asyncio.Event(),
    )
    holding = [asyncio.create_task(_hold(capacity, done)) for _ in range(3)]
    await asyncio.sleep(0)
    assert await asyncio.wait_for(_code(capacity), 1) == 202
    done.set()
    await asyncio.gather(*holding)


async def test_a_client_that_leaves_the_queue_frees_its_turn() -> None:
    capacity, done = (
        Capacity(_reader(max_concurrent_queries_for_user="2", max_memory_usage_for_user="1")),
        asyncio.Event(),
    )
    holding = asyncio.create_task(_hold(capacity, done))
    await asyncio.sleep(0)
    for _ in range(5):
        waiting = asyncio.create_task(_code(capacity))
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.wait([waiting])
    done.set()
    await holding
    assert await _code(capacity) == 0


async def test_the_quota_is_for_one_interval() -> None:
    now = 1000.0
    user = replace(READER, quota={"duration": 60, "queries": 3, "execution_time": 10})
    capacity = Capacity(user, clock=lambda: now)
    assert [await _code(capacity) for _ in range(4)] == [0, 0, 0, 201]
    now += 61
    async with capacity.turn():
        now += 11
    assert await _code(capacity) == 201
    now += 61
    assert await _code(capacity) == 0
