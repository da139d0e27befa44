"""The bulk data of the dashboard's benchmark: every view agrees with its events."""

from pathlib import Path

import pytest
from clickhouse_connect import get_client

from benchmarks.scenarios.dashboard.checks import Differs, check
from benchmarks.workload import bulk
from tests.support.sql.clickhouse import run_sql, running_clickhouse

WINDOW = {
    "agent_id": "agent-0",
    "environment": "production",
    "since": "2026-03-02 10:07:00",
    "until": "2026-03-31 15:53:00",
    "time_zone": "Europe/Zagreb",
}


def test_the_views_and_the_events_agree_and_a_difference_is_reported(tmp_path: Path) -> None:
    with running_clickhouse(tmp_path / "data") as running:
        assert run_sql("apply", running.url()).returncode == 0
        client = get_client(dsn=running.url(), autogenerate_session_id=False)
        made: list[int] = []
        bulk.fill(client, 8_000, 2, "2026-04-01 00:00:00", made.append)
        assert client.command("SELECT count() FROM events") == made[-1] == 8_000
        assert client.command("SELECT count(DISTINCT event_id) FROM events") == 8_000
        bulk.rebuild({"CONVOSTREAM_CLICKHOUSE_URL": running.url()})
        check(client, WINDOW)
        client.command("TRUNCATE TABLE activity")
        with pytest.raises(Differs, match="messages"):
            check(client, WINDOW)
