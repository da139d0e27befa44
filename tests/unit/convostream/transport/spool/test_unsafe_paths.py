"""A spool that another user controls is refused, and nothing outside of the spool is ever read, changed or deleted."""

import logging
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from convostream import ConversationTracker, InvalidSettings, Settings
from convostream.transport.spool import Spool
from convostream.transport.spool.frames import encode
from tests.support.sdk.agent_processes import UNREACHABLE_BROKER
from tests.support.sdk.spools import files, numbers, record, recover_all, spool, take_all

IS_ROOT = os.geteuid() == 0
SOMEBODY_ELSE = 65_534
HOME = "0000000000001-00000000"
Plant = Callable[[Path, Path], object]


def _steps(*plants: Plant) -> Plant:
    def plant(path: Path, victim: Path) -> None:
        for each in plants:
            each(path, victim)

    return plant


def _mode(mode: int) -> Plant:
    return lambda path, _: path.chmod(mode)


def _parent_mode(mode: int) -> Plant:
    return lambda path, _: path.parent.chmod(mode)


def _made(path: Path, _: Path) -> None:
    path.mkdir(mode=0o700)


def _directory(mode: int) -> Plant:
    return _steps(_made, _mode(mode))


def _given_away(path: Path) -> None:
    os.chown(path, SOMEBODY_ELSE, SOMEBODY_ELSE, follow_symlinks=False)


def _linked_parent(path: Path, victim: Path) -> None:
    path.parent.rmdir()
    path.parent.symlink_to(victim)
    _given_away(path.parent)


UNSAFE: dict[str, tuple[Plant, str]] = {
    "writable for everyone": (_directory(0o777), "can be written by other users; run `chmod go-w"),
    "writable for everyone, sticky": (_directory(0o1777), "can be written by other users"),
    "writable for its group": (_directory(0o770), "can be written by other users"),
    "writable for others alone": (_directory(0o702), "can be written by other users"),
    "in a directory that everyone may write": (
        _steps(_parent_mode(0o777), _made),
        "has no sticky bit; run `chmod go-w",
    ),
    "to be made in a directory that everyone may write": (_parent_mode(0o757), "no sticky bit"),
    "a symbolic link": (lambda path, victim: path.symlink_to(victim), "is a symbolic link or no directory"),
    "a link to nothing": (lambda path, victim: path.symlink_to(victim / "no"), "is a symbolic link or no directory"),
    "a file": (lambda path, _: path.touch(), "is a symbolic link or no directory"),
    "a named pipe": (lambda path, _: os.mkfifo(path), "is a symbolic link or no directory"),
}
ANOTHER_USERS: dict[str, tuple[Plant, str]] = {
    "another user's": (_steps(_made, lambda path, _: _given_away(path)), "belongs to another user"),
    "in another user's": (lambda path, _: _given_away(path.parent), "belongs to another user"),
    "another user's link": (_linked_parent, "belongs to another user"),
    "in a directory of another group": (
        _steps(lambda path, _: os.chown(path.parent, 0, SOMEBODY_ELSE), _parent_mode(0o770)),
        "has no sticky bit",
    ),
}
ALL = UNSAFE | (ANOTHER_USERS if IS_ROOT else {})


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A directory outside of the spool that looks like one, with a home and everything that the spool deletes."""
    outside = tmp_path / "victim"
    home = outside / HOME
    home.mkdir(parents=True)
    for path in (outside / "keep", home / "lock", home / "00000001.log", home / "00000002.open", home / "empty.log"):
        path.write_bytes(encode(record(666)))
    (home / "00000003.log").touch()
    return outside


def _tree(directory: Path) -> dict[str, tuple[int, bytes]]:
    """Everything in a directory: kinds, modes and contents."""
    return {
        str(path.relative_to(directory)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in sorted(directory.rglob("*"))
    }


@pytest.mark.parametrize("kind", ALL)
def test_an_unsafe_directory_is_refused_with_its_name_and_a_remedy(tmp_path: Path, victim: Path, kind: str) -> None:
    plant, words = ALL[kind]
    path = tmp_path / "parent" / "spool"
    path.parent.mkdir(mode=0o700)
    before = _tree(victim)
    plant(path, victim)
    settings = Settings(kafka_bootstrap_servers=UNREACHABLE_BROKER, spool_directory=path, exit_timeout_seconds=0)
    with pytest.raises(InvalidSettings, match=r"^CONVOSTREAM_SPOOL_DIRECTORY: /") as raised:
        ConversationTracker("shop", settings=settings)
    assert words in str(raised.value)
    assert str(tmp_path / "parent") in str(raised.value)
    assert _tree(victim) == before


@pytest.mark.parametrize("parent_mode", [0o700, 0o755, 0o1777, 0o770])
def test_a_directory_of_ones_own_is_taken_below_any_that_nobody_can_exchange(tmp_path: Path, parent_mode: int) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real").chmod(parent_mode)
    (tmp_path / "link").symlink_to("real")
    old = os.umask(0)
    try:
        with spool(tmp_path / "link" / ".." / "link" / "a" / "spool") as running:
            assert running.offer(record(1))
            made = tmp_path / "real" / "a"
            modes = {stat.S_IMODE(path.stat().st_mode) for path in (made, *made.rglob("*")) if path.is_dir()}
            assert modes == {0o700}
            assert {stat.S_IMODE(path.stat().st_mode) for path in made.rglob("*") if path.is_file()} == {0o600}
            assert running.stats().spool_failures == 0
    finally:
        os.umask(old)


PLANTED: dict[str, Plant] = {
    "a link": lambda path, victim: path.symlink_to(victim / "keep"),
    "a link to a directory": lambda path, victim: path.symlink_to(victim / HOME),
    "a link to nothing": lambda path, victim: path.symlink_to(victim / "new"),
    "a hard link": lambda path, victim: path.hardlink_to(victim / "keep"),
    "a named pipe": lambda path, _: os.mkfifo(path),
    "a directory": lambda path, victim: shutil.copytree(victim, path),
    "a file that everyone may write": _steps(lambda path, _: path.write_bytes(encode(record(666))), _mode(0o666)),
}


def _dead_home(directory: Path) -> Path:
    """A home that a dead process left, with one event of its own."""
    home = directory / HOME
    home.mkdir(mode=0o700, parents=True)
    home.parent.chmod(0o700)
    (home / "lock").touch(mode=0o600)
    (home / "00000005.log").write_bytes(encode(record(5)))
    return home


@pytest.mark.parametrize("name", ["lock", "00000001.log", "00000002.open", "00000005.log"])
@pytest.mark.parametrize("kind", PLANTED)
def test_what_is_planted_in_a_dead_process_home_is_neither_read_nor_followed(
    tmp_path: Path, victim: Path, kind: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    home = _dead_home(tmp_path / "spool")
    (home / name).unlink(missing_ok=True)
    PLANTED[kind](home / name, victim)
    before = _tree(victim)
    with spool(tmp_path / "spool") as running:
        running.offer(record(7))
        expected = [7] if name in ("lock", "00000005.log") else [5, 7]
        assert numbers(take_all(running)) == expected
        assert running.stats().spool_failures > 0
    assert _tree(victim) == before
    assert f"{HOME}/{name.split('.')[0]}" in caplog.text


def _copied(path: Path, victim: Path) -> None:
    shutil.copytree(victim / HOME, path)


HOMES: dict[str, Plant] = {
    "a link": lambda path, victim: path.symlink_to(victim / HOME),
    "a file": lambda path, _: path.write_bytes(encode(record(666))),
    "a named pipe": lambda path, _: os.mkfifo(path),
    "a directory that everyone may write": _steps(_copied, _mode(0o777)),
}
if IS_ROOT:
    HOMES["another user's"] = _steps(_copied, lambda path, _: _given_away(path))


@pytest.mark.parametrize("kind", HOMES)
def test_what_is_planted_as_a_home_is_not_taken_over(tmp_path: Path, victim: Path, kind: str) -> None:
    (tmp_path / "spool").mkdir(mode=0o700)
    HOMES[kind](tmp_path / "spool" / HOME, victim)
    before = _tree(tmp_path / "spool"), _tree(victim)
    with spool(tmp_path / "spool", adopt_seconds=0.02) as running:
        running.offer(record(7))
        assert numbers(take_all(running)) == [7]
    assert (_tree(tmp_path / "spool"), _tree(victim)) == before


@pytest.mark.parametrize("kind", PLANTED)
def test_what_is_planted_where_the_next_file_goes_is_not_written(tmp_path: Path, victim: Path, kind: str) -> None:
    now = [0.0]
    with spool(tmp_path / "spool", spool_bytes=256 * 60, clock=lambda: now[0]) as running:
        running.offer(record(0))
        (first,) = files(tmp_path / "spool")
        # The names of its own closed segment, the next one and the one behind it.
        for name in ("00000001.log", "00000002.open", "00000003.open"):
            PLANTED[kind](first.with_name(name), victim)
        before = _tree(victim)
        for number in range(1, 12):
            assert running.offer(record(number))
            now[0] += 10
        assert numbers(take_all(running)) == list(range(12))
    assert _tree(victim) == before


def _exchange(path: Path, target: Path) -> None:
    path.rename(path.with_name("moved"))
    path.symlink_to(target)


@pytest.mark.parametrize("what", ["the directory", "the home", "the directory, by one that everyone may write"])
def test_a_directory_that_is_exchanged_while_it_is_used_leads_nowhere(tmp_path: Path, victim: Path, what: str) -> None:
    directory, now = tmp_path / "spool", [0.0]
    before = _tree(victim)

    def offer(running: Spool, numbers_: range) -> None:
        for number in numbers_:
            assert running.offer(record(number))
            now[0] += 10

    with spool(directory, spool_bytes=256 * 60, clock=lambda: now[0], adopt_seconds=0.02) as running:
        offer(running, range(5))
        if what == "the home":
            _exchange(files(directory)[0].parent, victim / HOME)
        else:
            _exchange(directory, victim)
        if "everyone" in what:
            directory.unlink()
            directory.mkdir()
            directory.chmod(0o777)
        offer(running, range(5, 12))
        assert numbers(take_all(running)) == list(range(12))
        assert running.stats().sent == 12
    assert _tree(victim) == before
    assert "everyone" not in what or list(directory.iterdir()) == []


def test_after_all_of_this_the_events_are_found_by_the_next_process(tmp_path: Path) -> None:
    _dead_home(tmp_path / "spool")
    assert numbers(recover_all(tmp_path / "spool")) == [5]
    assert list((tmp_path / "spool").iterdir()) == []
