"""The port of a worker: alive while its loop turns, ready while it owns its partitions, metrics at any time."""

import time
from contextlib import ExitStack
from socket import create_connection
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from stream_processors import metrics
from stream_processors.process import health
from stream_processors.process.health import (
    CONNECTION_SECONDS,
    MOST_CONNECTIONS,
    STALLED_SECONDS,
    Heartbeat,
    serve_health,
)
from tests.support.worker.context import Clock


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def port(clock: Clock, heartbeat: Heartbeat) -> int:
    return serve_health(heartbeat, "127.0.0.1", 0)


@pytest.fixture(scope="module")
def heartbeat(clock: Clock) -> Heartbeat:
    return Heartbeat(clock)


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_a_free_port_is_found(port: int) -> None:
    assert 0 < port < 65_536


def test_a_worker_that_owns_its_partitions_is_alive_and_ready(port: int, heartbeat: Heartbeat) -> None:
    heartbeat.record(ready=True)
    assert ask(port, "/live") == (200, "yes\n")
    assert ask(port, "/ready") == (200, "yes\n")


def test_a_worker_that_still_takes_over_is_alive_but_not_ready(port: int, heartbeat: Heartbeat) -> None:
    heartbeat.record(ready=False)
    assert ask(port, "/live") == (200, "yes\n")
    assert ask(port, "/ready") == (503, "no\n")


def test_a_worker_whose_loop_does_not_turn_is_neither(port: int, heartbeat: Heartbeat, clock: Clock) -> None:
    heartbeat.record(ready=True)
    clock.now += STALLED_SECONDS
    assert ask(port, "/live") == (503, "no\n")
    assert ask(port, "/ready") == (503, "no\n")
    heartbeat.record(ready=True)
    assert ask(port, "/live") == (200, "yes\n")


def test_a_worker_with_a_blocked_partition_is_alive_and_says_what_blocks_it(port: int, heartbeat: Heartbeat) -> None:
    heartbeat.record(ready=True, problem="partition 3 is blocked: code 252")
    assert ask(port, "/live") == (200, "yes\n")
    assert ask(port, "/ready") == (503, "no: partition 3 is blocked: code 252\n")


def test_clients_that_send_nothing_or_half_a_request_hang_nobody(port: int, heartbeat: Heartbeat) -> None:
    heartbeat.record(ready=True)
    with ExitStack() as opened:
        sockets = [opened.enter_context(create_connection(("127.0.0.1", port))) for _ in range(MOST_CONNECTIONS // 2)]
        for each in sockets[::2]:
            each.sendall(b"GET /live HT")
        began = time.monotonic()
        assert ask(port, "/live") == (200, "yes\n")
        assert time.monotonic() - began < CONNECTION_SECONDS / 2


def test_more_connections_than_there_are_threads_are_ended_and_all_end_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "CONNECTION_SECONDS", 0.5)
    port = serve_health(Heartbeat(), "127.0.0.1", 0)
    with ExitStack() as opened:
        sockets = [opened.enter_context(create_connection(("127.0.0.1", port))) for _ in range(MOST_CONNECTIONS + 8)]
        deadline = time.monotonic() + 10
        for each in sockets:
            each.settimeout(max(0.1, deadline - time.monotonic()))
            assert each.recv(100) == b""
    assert ask(port, "/live") == (200, "yes\n")


def test_metrics_are_in_the_form_of_prometheus(port: int) -> None:
    metrics.REPETITIONS.inc(0)
    status, text = ask(port, "/metrics")
    assert status == 200
    assert "# HELP convostream_repetitions_total" in text


def test_another_path_names_those_that_there_are(port: int) -> None:
    status, text = ask(port, "/")
    assert status == 404
    assert "/metrics" in text
    assert "/live" in text


def test_silence_is_counted_from_the_last_heartbeat(clock: Clock) -> None:
    heartbeat = Heartbeat(clock)
    clock.now += 5
    assert heartbeat.silence == 5
    assert not heartbeat.ready
    heartbeat.record(ready=True)
    assert heartbeat.silence == 0
    assert heartbeat.ready
