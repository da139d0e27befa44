"""`python -m stream_processors audit` says by its exit code whether it could be done."""

import signal
import subprocess
import sys

import pytest

from tests.support.project.metadata import ROOT
from tests.support.worker.context import UNREACHABLE_URL


def test_without_clickhouse_it_ends_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVOSTREAM_CLICKHOUSE_URL", UNREACHABLE_URL)
    ended = subprocess.run(
        [sys.executable, "-m", "stream_processors", "audit"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "does not answer as hoped" in ended.stderr


def test_in_the_background_it_ends_with_its_worker() -> None:
    program = "import time; from stream_processors.commands.audit import give_way; give_way(); print(1); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-uc", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        assert child.stdout.readline() == "1\n"
        assert child.poll() is None
        child.stdin.close()
        assert child.wait(30) == -signal.SIGTERM
