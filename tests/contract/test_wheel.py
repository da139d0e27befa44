"""The wheel contains only the SDK, which runs with the dependencies that the wheel declares."""

import subprocess
import sys
import venv
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support.project.metadata import ROOT, closure, project

FOLDERS = {"convostream", f"convostream-{project().version}.dist-info"}


def _run(*command: str | Path) -> str:
    finished = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, timeout=120)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def user_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment with the wheel and, by links, exactly the distributions that it declares."""
    folder = tmp_path_factory.mktemp("user")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    _run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps", wheel)
    (site_packages,) = folder.glob("lib/python3*/site-packages")
    for name in closure(project().dependencies):
        _link(name, site_packages)
    return python


def _link(name: str, folder: Path) -> None:
    shipped = distribution(name)
    for entry in {file.parts[0] for file in shipped.files or () if file.parts[0] != ".."}:
        link = folder / entry
        if not link.exists():
            link.symlink_to(Path(str(shipped.locate_file(entry))))


def test_the_wheel_contains_only_the_sdk(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == FOLDERS


def test_the_wheel_is_typed_and_names_its_licence(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        held = {name.removeprefix(f"convostream-{project().version}.dist-info/") for name in archive.namelist()}
    assert {"convostream/py.typed", "licenses/LICENSE"} <= held


def test_every_module_of_the_wheel_imports_where_only_its_dependencies_are(user_python: Path) -> None:
    program = (
        "import convostream, importlib, pkgutil\n"
        "for module in pkgutil.walk_packages(convostream.__path__, 'convostream.'):\n"
        "    if not module.name.endswith('__main__'): importlib.import_module(module.name)\n"
        "print(convostream.__file__)"
    )
    assert str(user_python.parents[1]) in _run(user_python, "-c", program)


def test_the_installed_sdk_prints_its_version(user_python: Path) -> None:
    assert _run(user_python, "-m", "convostream", "--version") == f"convostream {project().version}\n"
    query = "from importlib.metadata import version; print(version('convostream'))"
    assert _run(user_python, "-c", query).strip() == project().version


def test_the_installed_sdk_explains_its_command(user_python: Path) -> None:
    assert "replay" in _run(user_python, "-m", "convostream", "--help")
