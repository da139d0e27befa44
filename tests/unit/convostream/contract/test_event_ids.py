"""Event ids are UUIDv7 and increase, whatever the clock does."""

import threading
import uuid

from convostream import new_event_id
from convostream.contract.event_ids import EventIds


def test_an_id_is_a_uuid_of_version_7_with_the_time_in_front() -> None:
    made = uuid.UUID(EventIds(clock_ns=lambda: 1_775_044_800_123_456_789).new())
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == 1_775_044_800_123


def test_ids_of_one_millisecond_increase_even_past_the_counter() -> None:
    ids = EventIds(clock_ns=lambda: 1_775_044_800_123_000_000)
    made = [ids.new() for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_increase_when_the_clock_goes_back() -> None:
    clock = iter([2_000_000_000_000_000_000, 1_000_000_000_000_000_000])
    ids = EventIds(clock_ns=lambda: next(clock))
    assert ids.new() < ids.new()


def test_the_random_part_comes_from_the_source_of_randomness() -> None:
    made = EventIds(clock_ns=lambda: 0, random=lambda size: b"\xab" * size).new()
    assert made.endswith("-8aba-babababababa")


def test_threads_never_share_an_id() -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.extend(new_event_id() for _ in range(500))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 4000
