"""Without the npm registry the build fails fast with a clear message, and the stack continues without the page."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.embedded.settings import ROOT

NEEDED = [
    "dashboard/__init__.py",
    "dashboard/errors.py",
    "dashboard/build_page.py",
    "deploy/embedded/errors.py",
    "deploy/embedded/stack/wheels.py",
]

# An address without a registry.
NOBODY = "http://127.0.0.1:9/"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy the parts of a fresh checkout that a build needs."""
    made = {"dist", "node_modules"}
    shutil.copytree(ROOT / "dashboard/page", tmp_path / "dashboard/page", ignore=lambda _, names: made & set(names))
    for name in NEEDED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run(checkout: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    alone = {"PYTHONPATH": str(checkout), "npm_config_registry": NOBODY, "npm_config_cache": str(checkout / "cache")}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=checkout, env=os.environ | alone, capture_output=True, text=True, timeout=30, check=False
    )


def test_an_unreachable_registry_is_reported(checkout: Path) -> None:
    built = run(checkout, "-m", "dashboard.build_page")
    assert built.returncode == 1
    assert built.stderr.startswith("Error: the npm registry")
    assert "ECONNREFUSED" in built.stderr
    assert len(built.stderr.splitlines()) == 1


def test_the_stack_reports_a_missing_page_and_continues(checkout: Path) -> None:
    asked = run(checkout, "-c", "from deploy.embedded.stack.wheels import build_page; print(build_page())")
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.startswith("There will be no page, only the numbers over HTTP: the npm registry")
