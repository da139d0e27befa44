"""A stack with known events, the commands of the workers, and the log of audits."""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from deploy.embedded.settings import ROOT
from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.stack import Stack
from tests.integration.conftest import WORKER
from tests.oracle import History, Record, Sent, Settings
from tests.support.kafka.topic_log import PlacedRecord, TopicLog
from tests.support.stack.harness import CITY, Harness, unique_agent
from tests.support.strategies.choices import RandomChoices
from tests.support.strategies.questions import questions
from tests.support.strategies.random_events import generate

MUTATE = " SETTINGS mutations_sync = 1"


class AuditStack:
    """A stack with a worker and the records that it was sent."""

    def __init__(self, stack: Stack, worker: Process) -> None:
        self.stack = stack
        self.harness = Harness(stack, TopicLog(stack.broker.address, "agent-events"), worker)
        self.agent = unique_agent()
        self.sent: list[Sent | PlacedRecord] = []
        self.delivered: list[Record] = []
        self.writer: Client = clickhouse_connect.get_client(
            dsn=stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"], autogenerate_session_id=False
        )

    def send(self, seed: int, count: int = 60) -> None:
        """Send random events and wait until they are written."""
        self.produce(seed, count)
        self.harness.drain()

    def produce(self, seed: int, count: int) -> None:
        """Send random events."""
        sent = generate(seed, count, agent_ids=[self.agent], now=self.harness.now())
        self.sent += sent
        self.delivered += self.harness.send(sent)

    def repeat(self) -> None:
        """Send everything again and wait until it is written."""
        self.delivered += self.harness.send(self.sent)
        self.harness.drain()

    def audit(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run the command `audit`."""
        return run_command(self.stack, "audit", *options)

    def last(self) -> dict[str, Any]:
        """Return the last row of the log of audits."""
        answer = self.writer.query("SELECT * FROM audits ORDER BY started_at DESC LIMIT 1")
        return dict(zip(answer.column_names, answer.result_rows[0], strict=True))

    def count(self, table: str) -> int:
        """Return the number of rows of a table."""
        return int(str(self.writer.command(f"SELECT count() FROM {table}")))

    def repairs(self) -> int:
        """Return the number of rows that all audits have reconciled."""
        return int(str(self.writer.command("SELECT sum(repaired) FROM audits")))

    def rows(self, table: str, columns: str = "*", where: str = "TRUE") -> list[tuple[object, ...]]:
        """Return the rows of a table, sorted."""
        answer = self.writer.query(f"SELECT {columns} FROM {table} WHERE {where} ORDER BY ALL")
        return [tuple(row) for row in answer.result_rows]

    def wrong(self, settings: Settings | None = None) -> list[str]:
        """Return the differences between the views and the oracle."""
        known = History(self.delivered, settings or Settings(), CITY.locate)
        moments = [event.at for event in known.events if event.key[:2] == (self.agent, "production")]
        asked = questions(RandomChoices(3), (self.agent, "production"), moments, self.harness.now(), 4)
        return self.harness.differences(known, asked)


def run_command(stack: Stack, *command: str, more: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command of the workers to its end."""
    with start_command(stack, *command, more=more) as process:
        said, complained = process.communicate(timeout=180)
    return subprocess.CompletedProcess(command, process.returncode, said, complained)


def start_command(stack: Stack, *command: str, more: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    """Start a command of the workers."""
    return subprocess.Popen(
        [sys.executable, "-m", "stream_processors", *command],
        cwd=ROOT,
        env={**os.environ, **stack.environment(), **WORKER, "COLUMNS": "160", **(more or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
