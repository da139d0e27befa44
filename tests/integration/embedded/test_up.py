"""`python -m deploy.embedded up` keeps the stack running, and leaves nothing behind however it ends."""

import os
import signal
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import clickhouse_connect
import httpx
import pytest

from deploy.embedded.addresses import wait_until
from tests.support.stack.supervisor import Supervisor, is_running, running_supervisor


def _soon(condition: Callable[[], bool], seconds: float = 60) -> None:
    assert wait_until(condition, seconds)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Supervisor]:
    with running_supervisor(tmp_path, "--no-worker") as started:
        yield started


def test_the_file_has_the_addresses_once_everything_answers(up: Supervisor) -> None:
    assert stat.S_IMODE(up.file.stat().st_mode) == 0o600
    client = clickhouse_connect.get_client(dsn=up.settings()["CONVOSTREAM_CLICKHOUSE_READER_URL"])
    assert client.command("SELECT count() FROM events") == 0
    _soon(lambda: "Convostream is running" in up.printed)
    _soon(lambda: up.settings()["CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS"] in up.printed)
    assert client.command("SELECT currentDatabase()") == "convostream"


def test_the_dashboard_answers_at_its_address(up: Supervisor) -> None:
    address = f"http://127.0.0.1:{up.settings()['CONVOSTREAM_DASHBOARD_PORT']}"
    _soon(lambda: address in up.printed)
    assert httpx.get(f"{address}/api/agents", timeout=20).json() == {"agents": [], "next": None}


def test_a_process_that_dies_is_shown_and_restarted_at_its_address(up: Supervisor) -> None:
    before = up.settings()
    engine = next(pid for pid, line in up.descendants().items() if "deploy.embedded clickhouse" in line)
    os.kill(engine, signal.SIGKILL)
    lines = "clickhouse ended with code -9", "clickhouse | ready http://127.0.0.1:", "clickhouse runs again"
    _soon(lambda: all(line in up.printed for line in lines))
    assert clickhouse_connect.get_client(dsn=before["CONVOSTREAM_CLICKHOUSE_URL"]).command("SELECT 1") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_stops_everything_even_when_it_comes_twice(up: Supervisor, number: signal.Signals) -> None:
    below = up.descendants()
    assert len(below) == 5
    up.process.send_signal(number)
    time.sleep(0.05)
    up.process.send_signal(number)
    assert up.process.wait(60) == 0
    assert [pid for pid in below if is_running(pid)] == []
    assert not up.file.exists()
    assert not (up.data / "clickhouse" / "running").exists()


def test_nothing_survives_a_killed_supervisor(up: Supervisor) -> None:
    below = up.descendants()
    up.process.kill()
    assert wait_until(lambda: not any(is_running(pid) for pid in below), 30)
    assert wait_until(lambda: not (up.data / "clickhouse" / "running").exists(), 1)
