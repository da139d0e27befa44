"""The publisher with a broker that is down or hung, at the exit of the interpreter and in forked children."""

import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from convostream import ConversationTracker, KafkaTransport, OutgoingRecord, Settings

RECORD = OutgoingRecord(b"shop/c-1", b"{}" * 500)

AGENT = """
from convostream import ConversationTracker
tracker = ConversationTracker("shop")
for number in range(3):
    tracker.track_human_message("hello", conversation_id="c-1")
print("done", flush=True)
"""

FORKING_AGENT = """
import os
from convostream import ConversationTracker
tracker = ConversationTracker("shop")
tracker.track_human_message("hello", conversation_id="c-1")
child = os.fork()
if child == 0:
    before = tracker.stats().unsent
    tracker.track_human_message("hello", conversation_id="c-1")
    tracker.track_human_message("hello", conversation_id="c-1")
    print("child", before, tracker.stats().unsent, tracker.close(0), flush=True)
    os._exit(0)
os.waitpid(child, 0)
print("parent", tracker.stats().unsent, tracker.close(0))
"""


@pytest.fixture(params=["down", "hung"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give a port where nobody listens, or where somebody does and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        if request.param == "down":
            server.close()
        yield f"127.0.0.1:{port}"


def run(program: str, address: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program of an agent with these settings."""
    environment = {**os.environ, "CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS": address, **variables}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_events_wait_in_memory_and_close_says_how_many(address: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    tracker = ConversationTracker("shop", bootstrap_servers=address)
    for _ in range(5):
        tracker.track_human_message("a secret", conversation_id="c-1")
    begin = time.monotonic()
    assert tracker.flush(0.1) == 5
    assert tracker.close(0.1) == 5
    assert time.monotonic() - begin < 4
    assert tracker.stats().accepted == 5
    assert "closed with 5 events unsent" in caplog.text
    assert "secret" not in caplog.text


def test_closing_again_changes_nothing(address: str) -> None:
    transport = KafkaTransport(Settings(kafka_bootstrap_servers=address))
    transport.send(RECORD)
    assert transport.close(0) == transport.close(60) == 1


def test_a_full_buffer_refuses_and_counts_and_never_raises(address: str, caplog: pytest.LogCaptureFixture) -> None:
    transport = KafkaTransport(Settings(kafka_bootstrap_servers=address, buffer_bytes=10_000))
    taken = [transport.send(RECORD) for _ in range(20)]
    stats = transport.stats()
    assert taken == [True] * stats.accepted + [False] * stats.refused
    assert 0 < stats.accepted < 10
    assert stats.unsent_bytes <= 10_000
    assert "the buffer is full" in caplog.text
    transport.close(0)


def test_a_transport_that_never_sent_closes_at_once() -> None:
    assert KafkaTransport(Settings()).close(60) == 0


def test_the_exit_of_the_interpreter_waits_no_longer_than_its_deadline(address: str) -> None:
    begin = time.monotonic()
    done = run(AGENT, address, CONVOSTREAM_EXIT_TIMEOUT_SECONDS="0.3")
    assert time.monotonic() - begin < 10
    assert (done.returncode, done.stdout) == (0, "done\n")
    assert "closed with 3 events unsent" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_begins_with_an_empty_buffer_of_its_own(address: str) -> None:
    done = run(FORKING_AGENT, address)
    assert done.stdout.splitlines() == ["child 0 2 2", "parent 1 1"]
    assert "Traceback" not in done.stderr
