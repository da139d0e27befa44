"""The queue on disk: in order, deleted once acknowledged, bounded, and found again by the next process."""

import logging
from pathlib import Path

import pytest

from convostream.transport.spool import Spool
from tests.support.sdk.spools import files, numbers, record, recover_all, size, spool, take_all

MANY = list(range(500))


def fill(running: Spool, count: int = len(MANY), length: int = 0) -> None:
    assert all(running.offer(record(number, length)) for number in range(count))


@pytest.mark.parametrize("fsync", ["each", "interval", "never"])
def test_an_accepted_event_is_on_disk_when_the_call_returns(tmp_path: Path, fsync: str) -> None:
    with spool(tmp_path, spool_fsync=fsync) as running:
        for number in range(3):
            assert running.offer(record(number))
            assert sum(path.read_bytes().count(b"shop/c-") for path in files(tmp_path)) == number + 1


@pytest.mark.parametrize("most_bytes", [1, 100, 5_000, 2**20])
def test_events_leave_in_the_order_they_came(tmp_path: Path, most_bytes: int) -> None:
    with spool(tmp_path, spool_bytes=256 * 1000) as running:
        fill(running)
        assert len(files(tmp_path)) > 10
        assert numbers(take_all(running, most_bytes)) == MANY


def test_acknowledged_segments_are_deleted_and_the_open_one_is_emptied(tmp_path: Path) -> None:
    with spool(tmp_path, spool_bytes=256 * 1000) as running:
        fill(running)
        before = len(files(tmp_path))
        records = running.take(3_000)
        assert len(files(tmp_path)) == before
        running.settle(records)
        assert len(files(tmp_path)) < before
        take_all(running)
        assert [path.stat().st_size for path in files(tmp_path)] == [0]
        stats = running.stats()
        assert (stats.accepted, stats.sent, stats.unsent, stats.unsent_bytes) == (500, 500, 0, 0)
    assert list(tmp_path.iterdir()) == []


def test_a_segment_stays_until_all_that_was_taken_of_it_is_settled(tmp_path: Path) -> None:
    with spool(tmp_path) as running:
        fill(running, 10)
        records = running.take(2**20)
        running.settle(records[:9])
        assert size(tmp_path) > 0
        running.settle(records[9:], dropped=True)
        assert size(tmp_path) == 0
        assert (running.stats().sent, running.stats().dropped) == (9, 1)


def test_the_next_process_finds_what_was_not_acknowledged(tmp_path: Path) -> None:
    with spool(tmp_path, spool_bytes=256 * 1000) as running:
        fill(running)
        running.settle(running.take(3_000))
    with spool(tmp_path) as following:
        found = numbers(take_all(following))
        assert found == MANY[-len(found) :]
        assert following.stats().recovered == following.stats().sent == len(found) > 400
        assert following.stats().accepted == 0
    assert list(tmp_path.iterdir()) == []


def test_what_earlier_processes_left_goes_before_what_is_new(tmp_path: Path) -> None:
    for process in range(20):
        with spool(tmp_path) as running:
            running.offer(record(process))
    with spool(tmp_path) as last:
        last.offer(record(20))
        assert numbers(take_all(last)) == list(range(21))


def test_two_spools_of_one_directory_do_not_mix(tmp_path: Path) -> None:
    with spool(tmp_path) as one, spool(tmp_path) as other:
        one.offer(record(1))
        other.offer(record(2))
        one.offer(record(3))
        assert (numbers(take_all(one)), numbers(take_all(other))) == ([1, 3], [2])
        assert one.stats().recovered == other.stats().recovered == 0


def test_what_is_left_is_found_by_one_alone(tmp_path: Path) -> None:
    for _ in range(20):
        with spool(tmp_path) as running:
            running.offer(record(7))
    with spool(tmp_path) as one, spool(tmp_path) as other:
        assert len(take_all(one)) == 20
        assert take_all(other) == []


@pytest.mark.parametrize("limit", [300, 5_000, 100_000])
def test_a_full_spool_refuses_the_new_event_and_counts_it(tmp_path: Path, limit: int) -> None:
    with spool(tmp_path, spool_bytes=limit) as running:
        answers = [running.offer(record(number, 50)) for number in range(3_000)]
        stats = running.stats()
        assert (stats.accepted, stats.refused) == (answers.count(True), answers.count(False))
        assert limit * 0.6 < size(tmp_path) <= limit
        assert numbers(take_all(running)) == list(range(stats.accepted))
        assert running.offer(record(0))


def test_the_bound_is_one_for_all_processes_of_the_directory(tmp_path: Path) -> None:
    with spool(tmp_path, spool_bytes=50_000) as one, spool(tmp_path, spool_bytes=50_000) as other:
        for number in range(2_000):
            one.offer(record(number))
            other.offer(record(number))
        assert 30_000 < size(tmp_path) <= 50_000
        assert min(one.stats().accepted, other.stats().accepted) > 300


def test_what_dead_processes_left_counts_against_the_bound(tmp_path: Path) -> None:
    for _ in range(2):
        with spool(tmp_path, spool_bytes=50_000) as running:
            while running.offer(record(1, 100)):
                pass
    assert size(tmp_path) <= 50_000


def test_an_event_larger_than_a_segment_has_one_of_its_own(tmp_path: Path) -> None:
    with spool(tmp_path, spool_bytes=4 * 2**20) as running:
        running.offer(record(0))
        running.offer(record(1, 2**20))
        running.offer(record(2))
        assert numbers(take_all(running, 1000)) == [0, 1, 2]


def test_a_closed_spool_refuses(tmp_path: Path) -> None:
    with spool(tmp_path) as running:
        running.close()
        assert not running.offer(record(1))
        assert running.stats().refused == 1


def test_a_process_that_tracks_nothing_makes_nothing(tmp_path: Path) -> None:
    with spool(tmp_path / "spool"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_files_are_for_the_owner_alone(tmp_path: Path) -> None:
    with spool(tmp_path / "spool") as running:
        running.offer(record(1))
        modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "spool", *(tmp_path / "spool").rglob("*"))}
        assert modes == {0}


def test_a_torn_last_event_is_reported_and_the_rest_is_sent(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with spool(tmp_path, spool_bytes=256 * 500) as running:
        fill(running, 40)
    torn = files(tmp_path)[1]
    torn.write_bytes(torn.read_bytes()[:-1])
    with spool(tmp_path) as following:
        found = numbers(take_all(following))
        assert len(found) == 39
        assert found == sorted(found)
        stats = following.stats()
        assert (stats.recovered, stats.sent, stats.corrupt_frames, stats.unsent) == (39, 39, 1, 0)
    assert f"{torn} is corrupt" in caplog.text
    assert recover_all(tmp_path) == []


def test_a_torn_last_event_is_found_at_every_byte(tmp_path: Path) -> None:
    with spool(tmp_path) as running:
        fill(running, 3)
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    last = len(whole) - len(whole) // 3
    for end in range(last, len(whole)):
        path.parent.mkdir(exist_ok=True)
        (path.parent / "lock").touch()
        path.write_bytes(whole[:end])
        with spool(tmp_path) as following:
            assert numbers(take_all(following)) == [0, 1]
            assert following.stats().corrupt_frames == (1 if end > last else 0)


def test_damage_in_the_middle_costs_what_it_covers(tmp_path: Path) -> None:
    with spool(tmp_path) as running:
        fill(running, 9)
    (path,) = files(tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert numbers(recover_all(tmp_path)) == [0, 1, 2, 3, 5, 6, 7, 8]


def test_damage_of_a_living_process_counts_as_dropped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with spool(tmp_path, spool_bytes=256 * 200) as running:
        fill(running, 20)
        path = files(tmp_path)[0]
        path.write_bytes(bytes(path.stat().st_size))
        found = numbers(take_all(running))
        assert found == list(range(20 - len(found), 20))
        stats = running.stats()
        assert (stats.corrupt_frames, stats.dropped, stats.unsent) == (1, 20 - len(found), 0)
    assert "cannot be read back" in caplog.text
