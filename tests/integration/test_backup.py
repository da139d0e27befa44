"""An older backup is restored while Kafka still has the later records: all views are exact again."""

import time
from collections.abc import Iterator

import pytest

from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.stack import Stack
from tests.integration.conftest import WORKER
from tests.support.stack.audit_stack import AuditStack, run_command, start_command


@pytest.fixture
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditStack]:
    """Run a separate stack, because the test drops its database."""
    settings = StackSettings(data_directory=tmp_path_factory.mktemp("backup"))
    with Stack(settings, "embedded", worker_environment=WORKER) as running:
        yield AuditStack(running, running.add_worker())


def assert_exact(audited: AuditStack) -> None:
    audited.harness.drain(120)
    assert not audited.wrong()
    assert audited.audit().returncode == 0
    (rows,) = audited.rows("events", "count(), uniqExact(conversation_hash, event_id)")
    assert rows[0] == rows[1]


def test_a_restored_backup_is_exact_after_workers_catch_up(audited: AuditStack) -> None:
    audited.send(1)
    audited.produce(2, 60)
    with start_command(audited.stack, "backup", "while-writing") as process:
        audited.produce(3, 60)
        said, complained = process.communicate(timeout=120)
    assert (process.returncode, "backed up: while-writing" in said) == (0, True), complained
    audited.send(4)
    assert_exact(audited)
    assert "already exists" in run_command(audited.stack, "backup", "while-writing").stderr
    assert "cannot name a backup" in run_command(audited.stack, "backup", "../outside").stderr
    assert "is not empty" in run_command(audited.stack, "restore", "while-writing").stderr

    # The worker was not stopped: its next write is rejected, and it continues at the position of the backup.
    audited.writer.command("DROP DATABASE convostream SYNC")
    restored = run_command(audited.stack, "restore", "while-writing")
    assert restored.returncode == 0, restored.stderr
    audited.produce(5, 60)
    assert_exact(audited)

    # A flush that was not confirmed is in the backup, and its token is not: it is compared, not sent again.
    before = audited.count("events")
    audited.produce(6, 60)
    while audited.count("events") == before:
        time.sleep(0.01)
    audited.harness.worker.kill()
    assert audited.rows("latest_ranges", "count()", "NOT confirmed") > [(0,)]
    increment = run_command(audited.stack, "backup", "increment", "--base", "while-writing")
    assert increment.returncode == 0, increment.stderr
    audited.writer.command("DROP DATABASE convostream SYNC")
    assert run_command(audited.stack, "restore", "increment").returncode == 0
    audited.stack.apply_schema()
    audited.harness.worker = audited.stack.add_worker()
    assert_exact(audited)
