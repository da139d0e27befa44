"""The Makefile installs what a target needs, once, also in a checkout whose path has a space."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.project.metadata import ROOT

# Records its arguments instead of running them.
RECORDER = '#!/bin/sh\necho "$0 $*" >> calls.txt\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Provide the Makefile and the requirements below a path with a space, with a Python that records its calls."""
    checkout = tmp_path / "a b"
    shutil.copytree(ROOT / "requirements", checkout / "requirements")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, checkout / name)
    python = checkout / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(RECORDER)
    python.chmod(0o755)
    return checkout


def calls(checkout: Path, *arguments: str) -> str:
    """Run make; return the calls of Python, one a line."""
    record = checkout / "calls.txt"
    record.unlink(missing_ok=True)
    subprocess.run(["make", f"PYTHON={sys.executable}", *arguments], cwd=checkout, check=True, capture_output=True)
    return record.read_text()


def test_the_demo_installs_its_own_requirements_and_runs(checkout: Path) -> None:
    made = calls(checkout, "demo", "ARGS=--once")
    assert "--require-hashes --no-deps --requirement requirements/demo.txt" in made
    assert "requirements/development.txt" not in made
    assert made.splitlines()[-1] == ".venv/bin/python -m examples.demo --once"


def test_installed_packages_are_not_installed_again(checkout: Path) -> None:
    calls(checkout, "demo")
    assert calls(checkout, "demo") == ".venv/bin/python -m examples.demo\n"


def test_the_tests_install_the_rest_after_the_demo(checkout: Path) -> None:
    calls(checkout, "demo")
    assert "--requirement requirements/development.txt" in calls(checkout, "unit")
    assert calls(checkout, "unit") == ".venv/bin/python -m pytest tests/unit tests/contract --numprocesses auto\n"


def test_the_demo_needs_nothing_more_after_the_tests(checkout: Path) -> None:
    calls(checkout, "unit")
    assert calls(checkout, "demo") == ".venv/bin/python -m examples.demo\n"


def test_changed_requirements_are_installed(checkout: Path) -> None:
    calls(checkout, "demo")
    later = time.time() + 5
    os.utime(checkout / "requirements/demo.txt", (later, later))
    assert "--requirement requirements/demo.txt" in calls(checkout, "demo")
