"""`audit` finds differences in every table; `audit --repair` reconciles every view and verifies it."""

from collections.abc import Iterator

import pytest

from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.stack import Stack
from tests.integration.conftest import WORKER
from tests.support.stack.audit_stack import MUTATE, AuditStack, run_command

FACTS = ["conversation_facts", "session_facts", "exchange_facts", "end_user_activity"]
ACTIVITIES = "sum(end_user_messages + agent_messages + actions + buttons)"
FORGED = (
    "INSERT INTO {table} SELECT * REPLACE(toInt32({sign}) AS sign)"
    " FROM (SELECT * FROM {table} FINAL WHERE sign > 0 LIMIT 3)"
)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditStack]:
    """Stop the worker after it has written two sets of events."""
    settings = StackSettings(data_directory=tmp_path_factory.mktemp("audited"))
    with Stack(settings, "embedded", worker_environment=WORKER) as running:
        audited = AuditStack(running, running.add_worker())
        audited.send(5)
        audited.send(6, 10)
        audited.harness.worker.stop()
        yield audited


def assert_repaired(audited: AuditStack, differences: dict[str, int]) -> None:
    found = audited.audit("--days", "2")
    assert found.returncode == 1, found.stdout + found.stderr
    assert "NOT clean" in found.stdout
    row = audited.last()
    assert (row["differences"], row["is_clean"], row["repaired"]) == (differences, 0, 0)
    assert {each[0] if isinstance(each, tuple) else each["table"] for each in row["examples"]} == set(differences)
    repaired = audited.audit("--repair")
    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    row = audited.last()
    assert (row["differences"], row["is_clean"]) == (differences, 1)
    assert row["repaired"] > 0
    assert audited.wrong() == []
    assert audited.audit().returncode == 0
    assert audited.last()["differences"] == {}


@pytest.mark.parametrize("sign", [1, -1], ids=["too many", "too few"])
def test_forged_facts_are_found_in_each_table_and_removed(stopped: AuditStack, sign: int) -> None:
    for table in FACTS:
        stopped.writer.command(FORGED.format(table=table, sign=sign))
    assert_repaired(stopped, dict.fromkeys(FACTS, 3))


def test_each_table_that_lost_a_conversation_gets_it_back(stopped: AuditStack) -> None:
    differences = {}
    for table in [*FACTS, "activity"]:
        amount = "sum(sign)" if table in FACTS else ACTIVITIES
        conversation, rows = stopped.writer.query(
            f"SELECT conversation_hash, {amount} FROM {table} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
        ).result_rows[0]
        stopped.writer.command(f"ALTER TABLE {table} DELETE WHERE conversation_hash = {conversation}{MUTATE}")
        differences[table] = rows
    assert_repaired(stopped, differences)


def test_duplicate_rows_lose_only_their_copies(stopped: AuditStack) -> None:
    before = [stopped.rows(table) for table in ("events", "dead_letter_records")]
    activities = int(str(stopped.rows("activity", ACTIVITIES)[0][0]))
    for table in ("events", "dead_letter_records", "activity"):
        stopped.writer.command(
            f"INSERT INTO {table} SELECT * FROM {table} LIMIT {'5' if table == 'events' else '1000000'}"
        )
    stopped.writer.command(
        "INSERT INTO events SELECT * REPLACE(offset + 1 AS offset) FROM events ORDER BY offset LIMIT 2"
    )
    assert_repaired(stopped, {"events": 7, "dead_letter_records": len(before[1]), "activity": activities})
    assert [stopped.rows(table) for table in ("events", "dead_letter_records")] == before


def test_an_audit_reports_tables_and_numbers_of_rows(stopped: AuditStack) -> None:
    of_production = "SELECT any(conversation_hash) FROM session_facts WHERE environment = 'production'"
    (conversation,) = stopped.writer.query(of_production).result_rows[0]
    stopped.writer.command(f"ALTER TABLE session_facts DELETE WHERE conversation_hash = {conversation}{MUTATE}")
    said = stopped.audit().stdout
    line = next(line for line in said.splitlines() if str(conversation) in line)
    assert [text.strip() for text in line.split("│")][1:4] == ["session_facts", stopped.agent, "production"]
    assert stopped.audit("--repair").returncode == 0


def test_an_audit_of_the_last_days_leaves_older_receipts_alone(stopped: AuditStack) -> None:
    assert stopped.audit("--days", "0.0000001").returncode == 0
    assert stopped.last()["conversations"] < int(
        str(stopped.writer.command("SELECT uniqExact(conversation_hash) FROM events"))
    )


def test_settings_of_another_fold_version_are_rejected_with_a_hint(stopped: AuditStack) -> None:
    refused = run_command(stopped.stack, "audit", more={"CONVOSTREAM_SESSION_GAP_MINUTES": "7"})
    assert refused.returncode == 2
    assert "rebuild" in refused.stderr
