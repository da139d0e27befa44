"""PollBuffer: in order, without gaps that the log has not, bounded in bytes, and suspicious of offsets that go back."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.errors import LogChanged
from stream_processors.kafka.records import Record
from stream_processors.kafka.source import RECORD_BYTES, Poll
from stream_processors.partitions.buffer import EARLY_ROWS, PollBuffer
from stream_processors.settings import WorkerSettings
from tests.support.kafka.in_memory_source import InMemorySource, source_of
from tests.support.kafka.records import KafkaRecord
from tests.support.worker.context import Clock

MANY = 1_000_000


def gathering_of(feed: InMemorySource, max_bytes: int = MANY) -> PollBuffer:
    return PollBuffer(0, feed, max_bytes, Clock())


def read(gathering: PollBuffer, feed: InMemorySource, most: int) -> None:
    """Let a poll through, as the consumer's loop would."""
    poll = feed.poll(0, most)
    if poll is not None:
        gathering.add(poll)


def poll_of(offsets: Sequence[int], seeks: int) -> Poll:
    return Poll.of(0, [KafkaRecord(offset=offset) for offset in offsets], seeks)


def offsets(records: Sequence[Record]) -> list[int]:
    return [record.offset for record in records]


async def test_records_come_out_in_the_order_of_their_offsets() -> None:
    feed = source_of(range(10))
    gathering = gathering_of(feed)
    await gathering.begin(3)
    for _ in range(3):
        read(gathering, feed, 2)
    assert gathering.rows == 6
    assert offsets(await gathering.take(MANY)) == [3, 4, 5, 6, 7, 8]
    assert (gathering.rows, gathering.next_offset) == (0, 9)


async def test_polls_are_taken_whole_until_there_are_rows_enough() -> None:
    feed = source_of(range(9))
    gathering = gathering_of(feed)
    await gathering.begin(0)
    for _ in range(3):
        read(gathering, feed, 3)
    assert offsets(await gathering.take(4)) == [0, 1, 2, 3, 4, 5]
    assert offsets(await gathering.take(4)) == [6, 7, 8]
    assert offsets(await gathering.take(4)) == []


async def test_offsets_that_the_log_leaves_out_are_no_reason_to_stop() -> None:
    feed = source_of([0, 1, 5, 9])
    gathering = gathering_of(feed)
    await gathering.begin(0)
    for _ in range(4):
        read(gathering, feed, 1)
    assert offsets(await gathering.take(MANY)) == [0, 1, 5, 9]
    assert gathering.next_offset == 10


async def test_offsets_that_go_back_tell_of_another_log() -> None:
    feed = source_of(range(10))
    gathering = gathering_of(feed)
    await gathering.begin(5)
    gathering.add(poll_of([5, 6], seeks=1))
    gathering.add(poll_of([0, 1], seeks=1))
    with pytest.raises(LogChanged, match="offset 0 came where 7 was next"):
        await gathering.take(MANY)


@pytest.mark.parametrize("stale", [[8, 9], [0, 1]], ids=["from further on", "from before"])
async def test_a_poll_that_was_under_way_while_the_position_was_set_is_read_again(stale: list[int]) -> None:
    feed = source_of(range(10))
    gathering = gathering_of(feed)
    await gathering.begin(0)
    await gathering.begin(4)
    gathering.add(poll_of(stale, seeks=1))
    assert await gathering.take(MANY) == []
    assert (feed.positions[0], feed.seeks[0]) == (4, 3)
    read(gathering, feed, 10)
    assert offsets(await gathering.take(MANY)) == [4, 5, 6, 7, 8, 9]


async def test_a_poll_that_was_under_way_is_taken_when_it_fits() -> None:
    gathering = gathering_of(source_of(range(10)))
    await gathering.begin(0)
    await gathering.begin(4)
    gathering.add(poll_of([4, 5], seeks=1))
    assert offsets(await gathering.take(MANY)) == [4, 5]


async def test_what_was_taken_before_a_stale_poll_is_kept() -> None:
    feed = source_of(range(10))
    gathering = gathering_of(feed)
    await gathering.begin(0)
    await gathering.begin(0)
    gathering.add(poll_of([0, 1], seeks=2))
    gathering.add(poll_of([7, 8], seeks=1))
    gathering.add(poll_of([2, 3], seeks=2))
    assert offsets(await gathering.take(MANY)) == [0, 1]
    assert feed.positions[0] == 2


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2), st.integers(1, 9)), max_size=30))
async def test_nothing_is_skipped_or_doubled_whatever_polls_are_under_way(moves: list[tuple[int, int, int]]) -> None:
    feed = source_of(range(40))
    gathering, taken = gathering_of(feed), list[int]()
    await gathering.begin(0)
    held: list[Poll] = []
    for size, move, rows in moves:
        if (poll := feed.poll(0, size)) is not None:
            held.append(poll)
        if move == 0:
            await gathering.begin(gathering.next_offset)  # the polls in `held` are under way
        for poll in held if move else ():
            gathering.add(poll)
        held = held if move == 0 else []
        taken += await take_or_begin_again(gathering, rows, len(taken))
    while (poll := feed.poll(0, 7)) is not None or gathering.rows:
        if poll is not None:
            gathering.add(poll)
        taken += await take_or_begin_again(gathering, MANY, len(taken))
    assert taken == list(range(40))


async def take_or_begin_again(gathering: PollBuffer, rows: int, behind_what_was_taken: int) -> list[int]:
    """Take as the owner of a partition does: when the log seems to be another one, it goes on where it was."""
    try:
        return offsets(await gathering.take(rows))
    except LogChanged:
        await gathering.begin(behind_what_was_taken)
        return []


async def test_a_range_is_cut_at_its_last_offset_and_the_rest_stays() -> None:
    feed = source_of(range(10))
    gathering = gathering_of(feed)
    await gathering.begin(0)
    for _ in range(3):
        read(gathering, feed, 4)
    assert offsets(await gathering.take(MANY, last=5)) == [0, 1, 2, 3, 4, 5]
    assert (gathering.rows, gathering.next_offset) == (4, 6)
    assert await gathering.take(MANY, last=5) == []
    assert offsets(await gathering.take(MANY)) == [6, 7, 8, 9]


async def test_a_range_whose_last_record_is_gone_is_passed_without_taking_more() -> None:
    feed = source_of([0, 1, 2, 8, 9])
    gathering = gathering_of(feed)
    await gathering.begin(0)
    read(gathering, feed, 5)
    assert offsets(await gathering.take(MANY, last=5)) == [0, 1, 2]
    await gathering.take(MANY, last=5)
    assert gathering.next_offset > 5
    assert offsets(await gathering.take(MANY)) == [8, 9]


async def test_a_partition_is_paused_beyond_its_bytes_and_resumed_below_half_of_them() -> None:
    feed = source_of(range(20))
    gathering = gathering_of(feed, max_bytes=4 * (RECORD_BYTES + 5))  # a key has three bytes, a value two
    await gathering.begin(0)
    for _ in range(4):
        read(gathering, feed, 1)
    assert feed.paused == set()
    read(gathering, feed, 1)
    assert feed.paused == {0}
    for _ in range(3):
        await gathering.take(1)
        assert feed.paused == {0}
    await gathering.take(1)
    assert feed.paused == set()


async def test_a_new_position_ends_a_pause_and_forgets_what_waits() -> None:
    feed = source_of(range(20))
    gathering = gathering_of(feed, max_bytes=RECORD_BYTES + 5)
    await gathering.begin(0)
    read(gathering, feed, 5)
    assert feed.paused == {0}
    await gathering.begin(2)
    assert (feed.paused, gathering.rows, gathering.next_offset) == (set(), 0, 2)
    read(gathering, feed, 5)
    assert feed.paused == {0}


async def test_the_age_is_that_of_the_oldest_poll() -> None:
    clock, feed = Clock(), source_of(range(5))
    gathering = PollBuffer(0, feed, MANY, clock)
    await gathering.begin(0)
    assert gathering.age == 0
    read(gathering, feed, 1)
    clock.now += 2
    read(gathering, feed, 1)
    clock.now += 3
    assert gathering.age == 5
    await gathering.take(MANY)
    assert gathering.age == 0


async def test_a_poll_wakes_whoever_waits() -> None:
    feed = source_of(range(5))
    gathering = gathering_of(feed)
    await gathering.begin(0)
    assert not gathering.wake.is_set()
    read(gathering, feed, 1)
    assert gathering.wake.is_set()


async def test_a_poll_that_was_under_way_and_its_second_reading_are_no_other_log() -> None:
    feed = source_of(range(4))
    gathering = gathering_of(feed)
    await gathering.begin(0)
    under_way = feed.poll(0, 2)
    assert under_way is not None
    await gathering.begin(0)
    gathering.add(under_way)
    read(gathering, feed, 4)
    assert offsets(await gathering.take(MANY)) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("rows", "age", "is_writing", "is_idle", "should_flush"),
    [
        pytest.param(0, 9.0, False, True, False, id="nothing"),
        pytest.param(1, 0.9, False, True, False, id="little, and young"),
        pytest.param(1, 1.0, False, False, True, id="little, and old"),
        pytest.param(1, 9.0, True, False, False, id="old, while the last flush lands"),
        pytest.param(EARLY_ROWS, 0.0, False, True, True, id="some, and nothing else to do"),
        pytest.param(EARLY_ROWS, 0.0, False, False, False, id="some, while others have flushes"),
        pytest.param(EARLY_ROWS, 0.0, True, True, False, id="some, while the last flush lands"),
        pytest.param(20_000, 0.0, True, False, True, id="as many as a flush has"),
    ],
)
async def test_what_is_worth_a_flush(
    rows: int, age: float, is_writing: bool, is_idle: bool, should_flush: bool
) -> None:
    clock, settings = Clock(), WorkerSettings(flush_max_rows=20_000, flush_max_age_seconds=1)
    gathering = PollBuffer(0, source_of([]), 10**9, clock)
    await gathering.begin(0)
    if rows:
        gathering.add(poll_of(range(rows), 1))
    clock.now += age
    assert gathering.should_flush(settings, is_writing=is_writing, is_idle=is_idle) is should_flush


async def test_what_fills_the_buffer_is_worth_a_flush() -> None:
    gathering = gathering_of(source_of([]), RECORD_BYTES)
    await gathering.begin(0)
    gathering.add(poll_of(range(2), 1))
    assert gathering.should_flush(WorkerSettings(), is_writing=True, is_idle=False)
