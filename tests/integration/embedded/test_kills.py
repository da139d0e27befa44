"""The stack's processes are killed, even all at once: everything answers again, and each event is stored once."""

import os
import shlex
import signal
import stat
import time
from collections.abc import Iterator

import clickhouse_connect
import httpx
import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from convostream import ConversationTracker, Settings
from deploy.embedded.addresses import wait_until
from tests.support.stack.supervisor import Supervisor, is_running, running_supervisor

NAMES = {
    "clickhouse": "deploy.embedded clickhouse",
    "broker": "deploy.embedded broker",
    "worker": "stream_processors worker",
    "dashboard": "-m dashboard",
}
ROUNDS = [("worker", "clickhouse"), ("broker", "worker"), ("clickhouse", "broker"), (*NAMES,)]
SECONDS = 20
STORED_SECONDS = 40
EVENTS = 50


class Site:
    """A running stack, and an agent that has sent events."""

    def __init__(self, up: Supervisor) -> None:
        self.up = up
        self.settings = {name: shlex.split(value)[0] for name, value in up.settings().items()}
        self.sent = 0

    def pids(self) -> dict[str, int]:
        """Return the processes of the stack by name."""
        below = self.up.descendants().items()
        return {name: pid for name, part in NAMES.items() for pid, line in below if part in line}

    def kill(self, names: tuple[str, ...], pause: float = 0) -> None:
        """Kill processes one after the other."""
        pids = self.pids()
        for name in names:
            os.kill(pids[name], signal.SIGKILL)
            time.sleep(pause)

    def send(self) -> None:
        """Send more events."""
        given = {"kafka_bootstrap_servers": self.settings["CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS"]}
        with ConversationTracker("kills", settings=Settings.model_validate(given)) as tracker:
            for number in range(EVENTS):
                tracker.track_human_message(str(self.sent + number), conversation_id=f"c-{number % 7}")
            assert tracker.flush(SECONDS) == 0
        self.sent += EVENTS

    def stored(self) -> list[int]:
        """Return how many events are stored, and how many distinct ones."""
        client = clickhouse_connect.get_client(dsn=self.settings["CONVOSTREAM_CLICKHOUSE_READER_URL"])
        sql = "SELECT count(), uniqExact(content) FROM events WHERE agent_id = 'kills'"
        return [int(number) for number in client.query(sql).result_rows[0]]

    def answers(self) -> bool:
        """Return whether everything answers."""
        return (
            self.pids().keys() == NAMES.keys()
            and _is_ok(f"http://127.0.0.1:{self.settings['CONVOSTREAM_METRICS_PORT']}/ready")
            and _is_ok(f"http://127.0.0.1:{self.settings['CONVOSTREAM_DASHBOARD_PORT']}/health")
            and self._clickhouse_answers()
        )

    def _clickhouse_answers(self) -> bool:
        try:
            return len(self.stored()) == 2
        except ClickHouseError:
            return False


def _is_ok(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_supervisor(tmp_path_factory.mktemp("kills")) as up:
        site = Site(up)
        site.send()
        assert wait_until(lambda: site.stored() == [site.sent] * 2, SECONDS)
        yield site


@pytest.mark.timeout(200)
@pytest.mark.parametrize("killed", ROUNDS, ids=" and ".join)
def test_everything_answers_again_and_events_are_stored_once(site: Site, killed: tuple[str, ...]) -> None:
    pause = 0.4 if "worker" in killed and len(killed) == 2 else 0
    site.kill(killed, pause)
    assert wait_until(site.answers, SECONDS), site.up.printed
    site.send()
    assert wait_until(lambda: site.stored() == [site.sent] * 2, STORED_SECONDS), site.stored()


def test_nothing_that_it_writes_is_readable_by_others(site: Site) -> None:
    written = [site.up.file, site.up.data, *site.up.data.rglob("*")]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in written if path.exists() and not path.is_symlink()}
    assert len(modes) > 100
    assert {path: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}


def test_a_stop_during_restarts_leaves_nothing_behind(site: Site) -> None:
    site.kill((*NAMES,))
    assert wait_until(lambda: len(site.pids()) == len(NAMES), SECONDS)
    below = site.up.descendants()
    site.up.process.send_signal(signal.SIGINT)
    assert site.up.process.wait(SECONDS) == 0
    assert [line for pid, line in below.items() if is_running(pid)] == []
