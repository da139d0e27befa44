"""TrackedSemaphore: bounded, and idle only when nobody has one or waits for one."""

import asyncio

from stream_processors.partitions.context import TrackedSemaphore


async def test_slots_are_idle_until_one_is_taken_and_after_all_are_given_back() -> None:
    slots = TrackedSemaphore(2)
    assert slots.is_idle
    await slots.acquire()
    await slots.acquire()
    slots.release()
    assert not slots.is_idle
    slots.release()
    assert slots.is_idle


async def test_who_finds_none_free_waits_until_one_is() -> None:
    slots = TrackedSemaphore(1)
    await slots.acquire()
    waiting = asyncio.create_task(slots.acquire())
    await asyncio.sleep(0)
    assert not waiting.done()
    slots.release()
    await waiting
    assert not slots.is_idle


async def test_who_no_longer_waits_has_none() -> None:
    slots = TrackedSemaphore(1)
    await slots.acquire()
    waiting = asyncio.create_task(slots.acquire())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    slots.release()
    assert slots.is_idle
