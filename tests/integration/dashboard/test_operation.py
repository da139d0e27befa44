"""The operator's view: agents, ingestion, live changes, and a process that starts and stops."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import orjson
import pytest

from tests.integration.dashboard.conftest import DeliveredEvents
from tests.oracle import Sent
from tests.support.dashboard.api_client import Api
from tests.support.stack.audit_stack import run_command
from tests.support.stack.harness import Harness, unique_agent

ROOT = Path(__file__).parents[3]


@contextmanager
def running(**settings: str) -> Iterator[subprocess.Popen[str]]:
    """Run `python -m dashboard` in a separate process on a free port."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("CONVOSTREAM_")}
    with subprocess.Popen(
        [sys.executable, "-m", "dashboard"],
        cwd=ROOT,
        env={**outside, "CONVOSTREAM_DASHBOARD_PORT": "0", "PYTHONUNBUFFERED": "1", **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _message(agent_id: str, number: int) -> Sent:
    fields = {
        "event_id": f"00000000-0000-4000-8000-{number:012d}",
        "type": "message",
        "agent_id": agent_id,
        "conversation_id": "c",
        "occurred_at": "2026-04-01T08:00:00Z",
        "sender": "end_user",
        "content": "hello",
    }
    return Sent(agent_id, "c", orjson.dumps(fields))


async def test_agents_have_their_first_and_last_event(delivered_events: DeliveredEvents, api: Api) -> None:
    page = await api.json("/api/agents", {"agent_id": delivered_events.agent_id})
    shown = {row["environment"]: row["events"] for row in page["agents"]}
    events = [event.key[1] for event in delivered_events.history.events if event.key[0] == delivered_events.agent_id]
    assert shown == {environment: events.count(environment) for environment in set(events)}


async def test_ingestion_counts_received_and_rejected_records(
    harness: Harness, delivered_events: DeliveredEvents, api: Api
) -> None:
    answer = await api.json("/api/ingestion")
    assert len(answer["minutes"]) == 60
    ((received,),) = harness.rows(
        "SELECT count() FROM events WHERE received_at >= parseDateTime64BestEffort({since:String}, 3)",
        since=answer["minutes"][0]["minute"],
    )
    assert sum(minute["events"] for minute in answer["minutes"]) == received
    refused = harness.rows("SELECT reason_code, count() AS n FROM dead_letters GROUP BY 1 ORDER BY n DESC, 1")
    assert [(row["reason_code"], row["count"]) for row in answer["dead_letters"]] == refused != []
    ends = {
        row["partition"]: row["last_offset"] + 1 for row in answer["partitions"] if row["topic"] == harness.log.topic
    }
    log = await asyncio.to_thread(harness.log.end_offsets)
    assert ends == {partition: end for partition, end in log.items() if end}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT.*\.\d{3}Z", row["written_at"]) for row in answer["partitions"])


async def test_ingestion_shows_the_last_audit(harness: Harness, delivered_events: DeliveredEvents, api: Api) -> None:
    done = await asyncio.to_thread(run_command, harness.stack, "audit", "--days", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    shown = (await api.json("/api/ingestion"))["last_audit"]
    assert (shown["is_clean"], shown["differences"], shown["repaired"]) == (True, {}, 0)
    assert shown["conversations"] >= len({event.key for event in delivered_events.history.events}) > 0
    assert shown["since"] < shown["started_at"] < shown["finished_at"]


def test_a_stream_announces_a_new_event_and_the_server_stops_at_once(harness: Harness) -> None:
    agent_id = unique_agent("live")
    url = harness.stack.environment()["CONVOSTREAM_CLICKHOUSE_READER_URL"]
    with running(CONVOSTREAM_CLICKHOUSE_READER_URL=url) as process:
        assert process.stdout is not None
        address = process.stdout.readline().removeprefix("The dashboard is at ").strip()
        with (
            httpx.Client(timeout=30) as client,
            client.stream("GET", f"{address}/api/live", params={"agent_id": agent_id}) as answer,
        ):
            changes = (orjson.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))
            assert next(changes)["events"] == 0
            harness.send([_message(agent_id, 1)])
            assert next(changes)["events"] == 1
            process.send_signal(signal.SIGINT)
            assert list(changes) == []
        assert process.wait(10) == 0
        assert "Traceback" not in process.stdout.read()


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("CONVOSTREAM_DASHBOARD_HOST", "0.0.0.0", "set CONVOSTREAM_DASHBOARD_TOKEN"),  # noqa: S104  (refused)
        ("CONVOSTREAM_DASHBOARD_PORT", "http", "dashboard_port"),
        ("CONVOSTREAM_CLICKHOUSE_READER_URL", "localhost:8123", "allowed is http://user:password@host:8123/database"),
    ],
)
def test_an_invalid_setting_prevents_the_start_with_one_sentence(name: str, value: str, text: str) -> None:
    with running(**{name: value}) as process:
        output, _none = process.communicate(timeout=30)
    assert process.returncode == 1
    assert text in output
    assert "Traceback" not in output
