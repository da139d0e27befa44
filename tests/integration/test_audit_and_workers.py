"""Audits while workers write: no false findings, repairs that block workers, and interrupted flushes."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen

import pytest

from deploy.embedded.addresses import wait_until
from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.stack import Stack
from tests.integration.conftest import WORKER
from tests.support.stack.audit_stack import MUTATE, AuditStack, start_command

PARTITIONS = 4

# Often enough for flushes at any moment; flushes without a pause would take most of a core.
SENDING_SECONDS = 0.8
FINISHED = "convostream_audit_finished_seconds "
HURRIED = {**WORKER, "CONVOSTREAM_FLUSH_MAX_AGE_SECONDS": "0.1", "CONVOSTREAM_FLUSH_MAX_ROWS": "200"}
UNCONFIRMED_SQL = """
SELECT ranges.partition AS partition, ranges.log_epoch AS epoch, first, last
FROM latest_ranges AS ranges
INNER JOIN events ON events.partition = ranges.partition AND events.log_epoch = ranges.log_epoch
WHERE NOT confirmed AND offset BETWEEN first AND last
    AND (type IN ('action', 'button') OR sender IN ('end_user', 'agent'))
GROUP BY ALL
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditStack]:
    """Run a worker that writes small flushes."""
    settings = StackSettings(data_directory=tmp_path_factory.mktemp("live"))
    with Stack(settings, "embedded", worker_environment=HURRIED) as running:
        audited = AuditStack(running, running.add_worker())
        audited.send(1, 60)
        yield audited


@contextmanager
def sending(audited: AuditStack) -> Iterator[None]:
    """Send records all the time inside the block."""
    stopped = threading.Event()

    def send() -> None:
        seed = 100
        while not stopped.is_set():
            audited.produce(seed := seed + 1, 2)
            stopped.wait(SENDING_SECONDS)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def damage(audited: AuditStack) -> None:
    """Delete the activity of every third conversation, and a fact of another."""
    audited.writer.command(f"ALTER TABLE activity DELETE WHERE conversation_hash % 3 = 0{MUTATE}")
    audited.writer.command(f"ALTER TABLE session_facts DELETE WHERE conversation_hash % 5 = 1{MUTATE}")


def test_an_audit_does_not_report_a_flush_in_progress(live: AuditStack) -> None:
    with sending(live):
        for _ in range(3):
            found = live.audit()
            assert found.returncode == 0, found.stdout
    live.harness.drain()
    assert live.wrong() == []


def test_a_worker_waits_for_a_repair_and_continues_after_it(live: AuditStack) -> None:
    worker = live.harness.worker.pid
    with sending(live):
        damage(live)
        repaired = live.audit("--repair")
        assert repaired.returncode == 0, repaired.stdout + repaired.stderr
        assert live.last()["repaired"] > 0
    live.harness.drain()
    assert live.harness.worker.pid == worker
    assert live.wrong() == []
    assert live.audit().returncode == 0


def test_a_lost_event_counts_again_after_it_is_sent_again(live: AuditStack) -> None:
    lost = live.rows("events", "event_id", "type = 'message' AND sender = 'end_user' AND empty(invalid_fields)")[0][0]
    messages = counted(live)
    live.writer.command(f"ALTER TABLE events DELETE WHERE event_id = '{lost}'{MUTATE}")
    assert live.audit().returncode == 1
    assert live.last()["differences"].keys() >= {"activity", "session_facts"}
    assert live.audit("--repair").returncode == 0
    assert counted(live) == messages - 1
    live.repeat()
    assert counted(live) == messages
    assert live.rows("events", "count()", f"event_id = '{lost}'") == [(1,)]
    assert live.wrong() == []
    assert live.audit().returncode == 0


def test_a_repair_that_was_killed_is_repeated(live: AuditStack) -> None:
    claims = live.count("owners")
    damage(live)
    with start_command(live.stack, "audit", "--repair") as killed:
        assert wait_until(lambda: live.count("owners") > claims or killed.poll() is not None, 60)
        killed.send_signal(signal.SIGKILL)
    repaired = live.audit("--repair")
    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    live.send(2)
    assert live.wrong() == []
    assert live.audit().returncode == 0


@pytest.mark.parametrize("lost", ["events", "session_facts"])
def test_an_interrupted_flush_is_left_to_its_replay(live: AuditStack, lost: str) -> None:
    for partition, epoch, first, last in cut_off(live):
        within = f"partition = {partition} AND log_epoch = {epoch} AND offset BETWEEN {first} AND {last}"
        where = (
            within
            if lost == "events"
            else f"conversation_hash IN (SELECT conversation_hash FROM events WHERE {within})"
        )
        live.writer.command(f"ALTER TABLE {lost} DELETE WHERE {where}{MUTATE}")
    found = live.audit("--repair")
    assert found.returncode == 0, found.stdout + found.stderr
    assert "wait for a worker" in found.stdout
    assert live.last()["repaired"] == 0
    live.stack.restart(live.harness.worker)
    live.harness.drain()
    assert live.wrong() == []
    assert live.audit().returncode == 0


def counted(audited: AuditStack) -> int:
    """Return the number of end-user messages in the activity."""
    return int(str(audited.rows("activity", "sum(end_user_messages)")[0][0]))


def test_differences_are_repaired_despite_an_interrupted_flush(live: AuditStack) -> None:
    cut = {partition for partition, *_ in cut_off(live)}
    live.writer.command(f"ALTER TABLE activity DELETE WHERE agent_id != ''{MUTATE}")
    repaired = live.audit("--repair")
    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    assert (live.last()["repaired"] > 0) is (len(cut) < PARTITIONS)
    live.stack.restart(live.harness.worker)
    live.harness.drain()
    assert live.audit("--repair").returncode == 0
    assert live.wrong() == []
    assert live.audit().returncode == 0


def cut_off(audited: AuditStack) -> list[tuple[int, ...]]:
    """Kill the worker when a flush is written and not confirmed; return those ranges."""
    for seed in range(500, 520):
        audited.produce(seed, 3)
        wait_until(lambda: bool(unconfirmed(audited)), 10)
        audited.harness.worker.kill()
        if ranges := unconfirmed(audited):
            return ranges
        audited.stack.restart(audited.harness.worker)
    raise AssertionError("every flush was confirmed")


def unconfirmed(audited: AuditStack) -> list[tuple[int, ...]]:
    """Return the latest ranges that are not confirmed although some of their activities are stored."""
    return [tuple(map(int, row)) for row in audited.writer.query(UNCONFIRMED_SQL).result_rows]


def test_one_worker_audits_by_itself_repairs_and_shows_it(live: AuditStack) -> None:
    live.harness.worker.stop()
    scheduled = live.stack.add_worker({"CONVOSTREAM_AUDIT_INTERVAL_SECONDS": "2"})
    live.harness.worker = scheduled
    before = live.count("audits")
    damage(live)
    assert wait_until(lambda: live.count("audits") > before and live.repairs() > 0, 90), scheduled.last_lines(40)
    assert wait_until(lambda: live.count("audits") > before + 1, 60), scheduled.last_lines(40)
    assert wait_until(lambda: "convostream_audit_clean 1.0" in shown(scheduled.port), 30)
    finished = next(line for line in shown(scheduled.port).splitlines() if line.startswith(FINISHED))
    assert abs(time.time() - float(finished.removeprefix(FINISHED))) < 120
    live.send(77)
    assert live.wrong() == []


def shown(port: int) -> str:
    """Return the metrics of a worker."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return str(answer.read().decode())
