"""Slots: bounded, and idle only when nobody has one or waits for one."""

import asyncio

from stream_processors.partitions.slots import Slots


async def test_slots_are_idle_until_one_is_taken_and_after_all_are_given_back() -> None:
    slots = Slots(2)
    assert slots.are_idle
    await slots.acquire()
    await slots.acquire()
    slots.release()
    assert not slots.are_idle
    slots.release()
    assert slots.are_idle


async def test_who_finds_none_free_waits_until_one_is() -> None:
    slots = Slots(1)
    await slots.acquire()
    waiting = asyncio.create_task(slots.acquire())
    await asyncio.sleep(0)
    assert not waiting.done()
    slots.release()
    await waiting
    assert not slots.are_idle


async def test_who_no_longer_waits_has_none() -> None:
    slots = Slots(1)
    await slots.acquire()
    waiting = asyncio.create_task(slots.acquire())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    slots.release()
    assert slots.are_idle
