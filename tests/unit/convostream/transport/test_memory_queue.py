"""The buffer is bounded in bytes, keeps the order and counts everything."""

import threading
import time

from convostream.transport.interface import OutgoingRecord, Stats
from convostream.transport.memory_queue import Buffer, footprint

RECORDS = [OutgoingRecord(b"k", b"%d" % number) for number in range(5)]
SIZE = footprint(RECORDS[0])


def filled(limit: int = 10 * SIZE) -> Buffer:
    buffer = Buffer(limit)
    assert all(buffer.offer(record) for record in RECORDS)
    return buffer


def test_records_leave_in_the_order_they_came() -> None:
    assert filled().take(1000) == RECORDS


def test_at_least_one_record_is_taken_however_large() -> None:
    assert filled().take(0) == RECORDS[:1]


def test_a_full_buffer_refuses_the_new_record_and_counts_it() -> None:
    buffer = filled(5 * SIZE)
    assert not buffer.offer(RECORDS[0])
    assert buffer.stats() == Stats(accepted=5, refused=1, unsent=5, unsent_bytes=5 * SIZE)


def test_what_is_in_flight_still_fills_the_buffer_until_it_is_settled() -> None:
    buffer = filled(5 * SIZE)
    taken = buffer.take(1000)
    assert not buffer.offer(RECORDS[0])
    buffer.settle(taken[:2])
    buffer.settle(taken[2:3], dropped=True)
    assert buffer.offer(RECORDS[0])
    assert buffer.stats() == Stats(accepted=6, sent=2, dropped=1, refused=1, unsent=3, unsent_bytes=3 * SIZE)


def test_a_closed_buffer_refuses() -> None:
    buffer = filled()
    buffer.close()
    assert not buffer.offer(RECORDS[0])
    assert buffer.stats().refused == 1


def test_waiting_ends_when_everything_so_far_is_settled() -> None:
    buffer = filled()
    settling = threading.Timer(0.05, lambda: buffer.settle(buffer.take(1000)))
    settling.start()
    assert buffer.wait_settled(10) == 0
    settling.join()


def test_waiting_ends_at_its_deadline_and_says_what_is_left() -> None:
    buffer = filled()
    begin = time.monotonic()
    assert buffer.wait_settled(0.05) == 5
    assert time.monotonic() - begin < 5


def test_failures_are_counted() -> None:
    buffer = filled()
    assert [buffer.count_failure(), buffer.count_failure()] == [1, 2]
    assert buffer.stats().failures == 2
