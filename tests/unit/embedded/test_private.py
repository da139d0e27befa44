"""Only the owner can read what the stack writes, and a directory that may contain files of others is refused."""

import os
import stat
from pathlib import Path

import pytest

from deploy.embedded.errors import DataDirectoryUnsafe
from deploy.embedded.private import make_private
from deploy.embedded.stack.supervisor import write_addresses


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_directory_is_private(tmp_path: Path) -> None:
    make_private(tmp_path / "new")
    assert _mode(tmp_path / "new") == 0o700


def test_others_lose_access_to_an_existing_directory_and_its_content(tmp_path: Path) -> None:
    outside, data = tmp_path / "outside", tmp_path / "data"
    inner = data / "inner"
    inner.mkdir(parents=True)
    (inner / "file").write_text("a")
    outside.write_text("b")
    (data / "link").symlink_to(outside)
    for path, mode in {outside: 0o644, inner / "file": 0o664, inner: 0o775, data: 0o755}.items():
        path.chmod(mode)
    make_private(data)
    assert [_mode(path) for path in (data, inner, inner / "file", outside)] == [0o700, 0o700, 0o600, 0o644]


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_directory_that_others_can_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    with pytest.raises(DataDirectoryUnsafe, match="others can write"):
        make_private(tmp_path)
    assert _mode(tmp_path) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to another user")
def test_a_directory_of_another_user_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, -1)
    with pytest.raises(DataDirectoryUnsafe, match="belongs to user 12345"):
        make_private(tmp_path)


def test_the_settings_replace_a_link_and_do_not_follow_it(tmp_path: Path) -> None:
    victim, file = tmp_path / "victim", tmp_path / "stack.env"
    victim.write_text("precious")
    file.symlink_to(victim)
    (tmp_path / "stack.partial").symlink_to(victim)
    write_addresses(file, {"NAME": "a b"})
    assert (victim.read_text(), file.read_text(), file.is_symlink(), _mode(file)) == (
        "precious", "NAME='a b'\n", False, 0o600,
    )  # fmt: skip
