"""The port of a worker: alive while its loop turns, ready while it owns its partitions, metrics at any time."""

from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from stream_processors import metrics
from stream_processors.health import STALLED_SECONDS, Pulse, serve_health
from tests.unit.stream_processors.workshop import Clock


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def port(clock: Clock, pulse: Pulse) -> int:
    return serve_health(pulse, "127.0.0.1", 0)


@pytest.fixture(scope="module")
def pulse(clock: Clock) -> Pulse:
    return Pulse(clock)


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_a_free_port_is_found(port: int) -> None:
    assert 0 < port < 65_536


def test_a_worker_that_owns_its_partitions_is_alive_and_ready(port: int, pulse: Pulse) -> None:
    pulse.beat(ready=True)
    assert ask(port, "/live") == (200, "yes\n")
    assert ask(port, "/ready") == (200, "yes\n")


def test_a_worker_that_still_takes_over_is_alive_but_not_ready(port: int, pulse: Pulse) -> None:
    pulse.beat(ready=False)
    assert ask(port, "/live") == (200, "yes\n")
    assert ask(port, "/ready") == (503, "no\n")


def test_a_worker_whose_loop_does_not_turn_is_neither(port: int, pulse: Pulse, clock: Clock) -> None:
    pulse.beat(ready=True)
    clock.now += STALLED_SECONDS
    assert ask(port, "/live") == (503, "no\n")
    assert ask(port, "/ready") == (503, "no\n")
    pulse.beat(ready=True)
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


def test_a_pulse_is_silent_since_its_last_beat(clock: Clock) -> None:
    pulse = Pulse(clock)
    clock.now += 5
    assert pulse.silence == 5
    assert not pulse.ready
    pulse.beat(ready=True)
    assert pulse.silence == 0
    assert pulse.ready
