"""deploy/Dockerfile passes hadolint, and gives a small image without root; its build context is minimal."""

import re
import subprocess
import sys
from pathlib import Path

from tests.support.project.metadata import ROOT

DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()
STAGES = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]


def _copied() -> set[str]:
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, flags=re.MULTILINE)
    return {source for line in lines for source in line.split()[:-1]}


def test_hadolint_reports_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    finished = subprocess.run([hadolint, ROOT / "deploy/Dockerfile"], capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stdout) == (0, "")


def test_every_copied_file_exists() -> None:
    assert [source for source in _copied() if not (ROOT / source).exists()] == []


def test_the_build_context_has_only_what_is_copied() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == _copied()


def test_the_last_stage_is_slim_and_installs_nothing() -> None:
    assert re.match(r"python:3\.12\.\d+-slim", STAGES[-1])
    assert re.findall(r"apt-get|pip install|gcc", STAGES[-1]) == []


def test_the_page_is_built_in_a_separate_stage_without_its_packages() -> None:
    page = next(stage for stage in STAGES if stage.splitlines()[0].endswith(" AS page"))
    assert "python -m dashboard.build_page" in page
    assert "COPY --from=page /source/dashboard dashboard" in STAGES[-1]
    assert {"dashboard/page/dist", "dashboard/page/node_modules"} <= set(
        (ROOT / ".dockerignore").read_text().splitlines()
    )


def test_the_last_stage_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (.+)$", STAGES[-1], flags=re.MULTILINE)
    assert users
    assert users[-1] not in {"root", "0", "0:0"}
