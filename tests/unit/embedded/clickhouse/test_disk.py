"""A full disk is remembered: when it was full, and that there is space again."""

from pathlib import Path

import pytest

from deploy.embedded.clickhouse import disk
from deploy.embedded.clickhouse.disk import Disk

NEVER_ENOUGH = 2**63


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 5.0

    def __call__(self) -> float:
        return self.now


def test_a_disk_with_space_was_not_full(tmp_path: Path) -> None:
    watched = Disk(tmp_path)
    assert not watched.poll()
    assert not watched.was_full_since(0)


def test_a_full_disk_counts_for_a_change_that_began_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    watched = Disk(tmp_path, clock)
    monkeypatch.setattr(disk, "LEAST_BYTES", NEVER_ENOUGH)
    watched.poll()
    assert watched.was_full_since(4)
    assert not watched.was_full_since(6)


def test_space_is_reported_only_after_a_full_disk_and_when_there_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Disk(tmp_path)
    with monkeypatch.context() as full:
        full.setattr(disk, "LEAST_BYTES", NEVER_ENOUGH)
        full.setattr(disk, "ENOUGH_BYTES", NEVER_ENOUGH)
        assert not watched.poll()
    assert watched.poll()
