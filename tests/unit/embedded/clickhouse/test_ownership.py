"""A data directory has one owner at a time, and an unclean stop leaves a record."""

import os
from pathlib import Path

import pytest

from deploy.embedded.clickhouse.ownership import AUDIT_DUE, Ownership
from deploy.embedded.errors import DataDirectoryTaken


def test_an_owned_directory_is_refused_with_the_owners_id(tmp_path: Path) -> None:
    with Ownership(tmp_path), pytest.raises(DataDirectoryTaken, match=f"in use by process {os.getpid()};"):
        Ownership(tmp_path).__enter__()


def test_it_is_free_after_its_owner_has_ended(tmp_path: Path) -> None:
    with Ownership(tmp_path / "new") as first:
        assert not first.was_unclean
    with Ownership(tmp_path / "new") as second:
        assert not second.was_unclean
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["owner"]


def test_an_unclean_stop_is_recorded_once(tmp_path: Path) -> None:
    with pytest.raises(KeyError), Ownership(tmp_path):
        raise KeyError
    with Ownership(tmp_path) as second:
        assert second.was_unclean
    with Ownership(tmp_path) as third:
        assert not third.was_unclean
    assert len((tmp_path / "unclean-stops").read_text().splitlines()) == 1


def test_after_an_unclean_stop_an_audit_is_due_until_it_was_done(tmp_path: Path) -> None:
    with pytest.raises(KeyError), Ownership(tmp_path):
        raise KeyError
    for _ in range(2):
        with Ownership(tmp_path):
            assert (tmp_path / AUDIT_DUE).exists()
