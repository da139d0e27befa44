"""After an unclean stop of the engine, lost rows are repaired before the workers start."""

from pathlib import Path

import clickhouse_connect

from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.stack import Stack
from tests.integration.conftest import WORKER
from tests.support.stack.audit_stack import MUTATE, AuditStack


def test_rows_that_a_killed_engine_lost_are_back_before_the_workers_start(tmp_path: Path) -> None:
    settings, due = StackSettings(data_directory=tmp_path), tmp_path / "clickhouse" / "audit-due"
    with Stack(settings, worker_environment=WORKER) as stack:
        audited = AuditStack(stack, stack.add_worker())
        audited.send(1, 20)
        audited.harness.worker.stop()
        audited.writer.command(f"ALTER TABLE activity DELETE WHERE conversation_hash % 2 = 0{MUTATE}")
        audits = audited.count("audits")
        stack.clickhouse.kill()
    assert audits == 0
    with Stack(settings, worker_environment=WORKER) as stack:
        assert not due.exists()
        writer = clickhouse_connect.get_client(dsn=stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"])
        assert writer.query("SELECT is_clean, repaired > 0 FROM audits").result_rows == [(1, 1)]
    with Stack(settings, worker_environment=WORKER) as stack:
        assert stack.audit_if_due() == ""
