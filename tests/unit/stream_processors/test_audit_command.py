"""`python -m stream_processors audit` says by its exit code whether it could be done."""

import subprocess
import sys

import pytest

from tests.unit.packaging.project import ROOT
from tests.unit.stream_processors.workshop import NOWHERE


def test_without_clickhouse_it_ends_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVOSTREAM_CLICKHOUSE_URL", NOWHERE)
    ended = subprocess.run(
        [sys.executable, "-m", "stream_processors", "audit"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "does not answer as hoped" in ended.stderr
