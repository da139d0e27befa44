"""A disk that takes nothing: events wait in memory, in their place, and nothing is raised into the agent."""

import logging
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from convostream import ConversationTracker, Settings
from convostream.transport.memory_queue import footprint
from tests.support.sdk.agent_processes import UNREACHABLE_BROKER
from tests.support.sdk.spools import files, numbers, record, recover_all, spool, take_all


class Clock:
    """A clock that is set by the test."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def full_disk(file_bytes: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes: a write stops there, in the midst of an event."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_unusable_directory_leaves_events_in_memory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    (tmp_path / "file").touch()
    settings = Settings(kafka_bootstrap_servers=UNREACHABLE_BROKER, spool_directory=tmp_path / "file" / "spool")
    tracker = ConversationTracker("shop", settings=settings)
    for _ in range(50):
        tracker.track_human_message("a secret", conversation_id="c-1")
    stats = tracker.stats()
    assert (stats.accepted, stats.refused, stats.unsent) == (50, 0, 50)
    assert stats.spool_failures >= 1
    assert tracker.close(0) == 50
    assert "the spool's disk failed (Not a directory)" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("fsync", ["each", "never"])
@pytest.mark.parametrize("limit", range(100, 140, 7))
def test_a_full_disk_cuts_no_event_in_two_and_keeps_the_order(tmp_path: Path, limit: int, fsync: str) -> None:
    clock = Clock()
    with spool(tmp_path, clock=clock, spool_fsync=fsync) as running:
        with full_disk(limit):
            assert all(running.offer(record(number)) for number in range(20))
        clock.now += 10
        assert all(running.offer(record(number)) for number in range(20, 30))
        assert running.stats().spool_failures == 1
        assert len(files(tmp_path)) == 2
        assert numbers(take_all(running)) == list(range(30))
        assert running.stats().corrupt_frames == 0


def test_what_the_disk_did_not_take_is_lost_with_the_process_and_nothing_else_is(tmp_path: Path) -> None:
    clock = Clock()
    with spool(tmp_path, clock=clock) as running:
        with full_disk(100):
            assert all(running.offer(record(number)) for number in range(10))
        clock.now += 10
        running.offer(record(10))
    assert numbers(recover_all(tmp_path)) == [0, 1, 2, 3, 10]


def test_a_failed_disk_is_tried_again_after_a_while_alone(tmp_path: Path) -> None:
    clock = Clock()
    with spool(tmp_path, clock=clock) as running, full_disk(0):
        for expected in (1, 1, 2):
            for number in range(10):
                assert running.offer(record(number))
            assert running.stats().spool_failures == expected
            clock.now += 0.6
        assert [path.stat().st_size for path in files(tmp_path)] == []


def test_memory_is_bounded_while_the_disk_fails(tmp_path: Path) -> None:
    limit = 10 * footprint(record(0))
    with spool(tmp_path, buffer_bytes=limit) as running, full_disk(0):
        assert [running.offer(record(0)) for _ in range(12)] == [True] * 10 + [False] * 2
        assert running.stats().unsent_bytes == limit
        assert len(take_all(running)) == 10
        assert running.offer(record(0))


def test_a_directory_that_is_deleted_is_made_again(tmp_path: Path) -> None:
    clock = Clock()
    directory = tmp_path / "spool"
    with spool(directory, clock=clock, spool_bytes=256 * 4 * 25) as running:
        for number in range(5):
            running.offer(record(number))
        shutil.rmtree(directory)
        for number in range(5, 15):
            assert running.offer(record(number))
            clock.now += 10
        assert len(files(directory)) > 0
        stats = running.stats()
        assert stats.accepted == 15
        found = numbers(take_all(running))
        assert found == sorted(found)
        assert set(range(8, 15)) <= set(found)  # those before went into the segment that was deleted
        assert running.stats().unsent == 0


def test_a_file_that_vanished_counts_as_dropped(tmp_path: Path) -> None:
    with spool(tmp_path, spool_bytes=256 * 4 * 25) as running:
        for number in range(6):
            running.offer(record(number))
        files(tmp_path)[0].unlink()
        found = numbers(take_all(running))
        assert found == list(range(6 - len(found), 6))
        stats = running.stats()
        assert (stats.sent, stats.dropped, stats.unsent) == (len(found), 6 - len(found), 0)
