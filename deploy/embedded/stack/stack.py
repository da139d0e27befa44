"""The embedded stack as a library: servers, topic, schema, workers and dashboard, separately or all at once.

    with Stack(StackSettings(data_directory=directory)) as stack:   # servers, topic and schema
        worker = stack.add_worker()
        worker.kill()
        stack.restart(worker)

Ports are free ones unless the settings fix them, so several stacks can run at the same time. Start and stop a stack in
the main thread: a child ends with the thread that started it.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_urlsafe
from types import TracebackType
from typing import Literal, Self
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

from aiokafka.errors import KafkaError

from convostream.kafka.security import PREFIX, KafkaSecurity
from deploy.embedded.addresses import free_port
from deploy.embedded.clickhouse.access.passwords import VARIABLES, passwords
from deploy.embedded.clickhouse.ownership import AUDIT_DUE
from deploy.embedded.errors import EmbeddedError, ProcessFailed
from deploy.embedded.private import keep_secret, make_private
from deploy.embedded.settings import ROOT, StackSettings
from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.topics import create_topic
from deploy.embedded.stack.wheels import geoip_database

Broker = Literal["embedded", "kafka"]
DATABASE = "convostream"
HASH_KEY = "CONVOSTREAM_HASH_KEY"
START_SECONDS = 180.0

# Preferred port of the dashboard, so that its address can be bookmarked.
PAGE_PORT = 8080

# The stack's broker has no authentication, so its workers ignore settings for another broker.
OPEN_KAFKA = {f"{PREFIX}{field.upper()}": "" for field in KafkaSecurity.model_fields}
_ATTEMPTS = 3


class Stack:
    """ClickHouse, a broker and workers over one data directory."""

    def __init__(
        self,
        settings: StackSettings,
        broker: Broker = "embedded",
        *,
        worker_environment: Mapping[str, str] | None = None,
        broker_options: Sequence[str] = (),
    ) -> None:
        self._settings = settings
        self._directory = settings.directory
        self._worker_environment = OPEN_KAFKA | _session_timeout() | dict(worker_environment or {})
        make_private(self._directory)
        self._passwords = passwords(self._directory)
        self._hash_key = os.environ.get(HASH_KEY) or keep_secret(
            self._directory / "hash_key", lambda: token_urlsafe(32)
        )
        self.clickhouse = self._server(
            "clickhouse", ["deploy.embedded", "clickhouse"], settings.stack_clickhouse_port, "clickhouse"
        )
        module = ["deploy.embedded", "broker"] if broker == "embedded" else ["deploy.kafka", *broker_options]
        self.broker = self._server(
            "broker", module, settings.stack_kafka_port, None if broker == "embedded" else "kafka"
        )
        self.workers: list[Process] = []
        self.dashboard: Process | None = None

    def __enter__(self) -> Self:
        try:
            self.start_servers()
            self.apply_schema()
            self.audit_if_due()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def processes(self) -> list[Process]:
        """Return all processes in the order in which they are stopped."""
        return [*self.workers, *([self.dashboard] if self.dashboard else []), self.broker, self.clickhouse]

    def start_servers(self) -> None:
        """Start ClickHouse and the broker at the same time, and create the topic."""
        for process in (self.broker, self.clickhouse):
            process.start()
        for process in (self.clickhouse, self.broker):
            _wait_or_try_again(process)
        self.create_topic()

    def create_topic(self) -> None:
        """Create the topic unless it exists."""
        create_topic(self.broker.address, self._settings.kafka_topic, self._settings.stack_partitions)

    def apply_schema(self) -> None:
        """Create or migrate the database."""
        command = [sys.executable, "-m", "sql", "apply"]
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | self.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ProcessFailed(f"the schema was not applied:\n{done.stdout}{done.stderr}")

    def audit_if_due(self) -> str:
        """Repair what an unclean stop of the engine has lost; return the report, empty if no audit was due.

        Call it before workers start. The next start repeats a repair that failed.
        """
        due = self._directory / "clickhouse" / AUDIT_DUE
        if not due.exists():
            return ""
        command = [sys.executable, "-m", "stream_processors", "audit", "--days", "2", "--repair"]
        environment = os.environ | self.environment() | self._worker_environment
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            due.unlink()
        return done.stdout + done.stderr

    def add_worker(self, environment: Mapping[str, str] | None = None, *, wait: bool = True) -> Process:
        """Start another worker, with settings of its own if given; `wait` until it owns its partitions."""
        port = free_port()
        own = {"CONVOSTREAM_METRICS_HOST": "127.0.0.1", "CONVOSTREAM_METRICS_PORT": str(port)}
        name = f"worker-{len(self.workers) + 1}"
        worker = Process(
            name,
            lambda _: [sys.executable, "-m", "stream_processors", "worker"],
            self._log(name),
            {**self.environment(), **self._worker_environment, **own, **(environment or {})},
            port=port,
            is_ready=lambda process: _answers_yes(f"http://127.0.0.1:{process.port}/ready"),
        )
        self.workers.append(worker)
        worker.start()
        if wait:
            worker.wait_until_ready(START_SECONDS)
        return worker

    def add_dashboard(self) -> Process:
        """Start the dashboard on localhost, and wait until it answers."""
        port = self._settings.stack_dashboard_port or free_port(PAGE_PORT)
        own = {"CONVOSTREAM_DASHBOARD_HOST": "127.0.0.1", "CONVOSTREAM_DASHBOARD_PORT": str(port)}
        self.dashboard = Process(
            "dashboard",
            lambda _: [sys.executable, "-m", "dashboard"],
            self._log("dashboard"),
            {**self.environment(), **own},
            port=port,
            is_ready=lambda process: _answers_yes(f"http://127.0.0.1:{process.port}/health"),
        )
        self.dashboard.start()
        self.dashboard.wait_until_ready(START_SECONDS)
        return self.dashboard

    def restart(self, process: Process) -> None:
        """Stop a process if it runs, and start it again at its address; a new broker gets its topic."""
        process.stop()
        process.start()
        self.wait_until_ready(process)

    def wait_until_ready(self, process: Process) -> None:
        """Wait until a process answers; create the topic again for the embedded broker, which has lost it."""
        process.wait_until_ready(START_SECONDS)
        if process is self.broker:
            try:
                self.create_topic()
            except (KafkaError, EmbeddedError) as error:
                process.kill()
                raise ProcessFailed(f"{process.name} does not create the topic: {error!r}") from error

    def environment(self) -> dict[str, str]:
        """Return the addresses as settings, as in `.stack.env`."""
        ports = {"CONVOSTREAM_METRICS_PORT": str(self.workers[0].port)} if self.workers else {}
        if self.dashboard:
            ports["CONVOSTREAM_DASHBOARD_PORT"] = str(self.dashboard.port)
        return {
            "CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS": self.broker.address,
            "CONVOSTREAM_KAFKA_TOPIC": self._settings.kafka_topic,
            "CONVOSTREAM_CLICKHOUSE_URL": self._url("writer"),
            "CONVOSTREAM_CLICKHOUSE_READER_URL": self._url("reader"),
            "CONVOSTREAM_GEOIP_DATABASE": str(geoip_database()),
            HASH_KEY: self._hash_key,
            **ports,
        }

    def stop(self) -> None:
        """Stop workers and dashboard, then the broker, then ClickHouse."""
        for process in self.processes[:-2]:
            process.ask_to_stop()
        for process in self.processes:
            process.stop()

    def _server(self, name: str, module: list[str], port: int, directory: str | None) -> Process:
        where = [] if directory is None else ["--data-directory", str(self._directory / directory)]
        return Process(
            name,
            lambda chosen: [sys.executable, "-m", *module, "--port", str(chosen), *where],
            self._log(name),
            {VARIABLES[user]: password for user, password in self._passwords.items()} if name == "clickhouse" else {},
            port=port,
        )

    def _log(self, name: str) -> Path:
        return self._directory / "logs" / f"{name}.log"

    def _url(self, user: str) -> str:
        host = self.clickhouse.address.removeprefix("http://")
        return f"http://{user}:{quote(self._passwords[user], safe='')}@{host}/{DATABASE}"


def _session_timeout() -> dict[str, str]:
    """Return a short session timeout: a killed worker's partitions are free after it, and joining takes half of it."""
    name = "CONVOSTREAM_KAFKA_SESSION_TIMEOUT_SECONDS"
    return {} if name in os.environ else {name: "6"}


def _wait_or_try_again(process: Process) -> None:
    """Wait for a server, and restart it if another program took its free port before it did."""
    fixed = process.port
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return process.wait_until_ready(START_SECONDS)
        except ProcessFailed:
            if fixed or attempt == _ATTEMPTS:
                raise
            process.start()
    return None


def _answers_yes(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:  # noqa: S310  (a constant http address)
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
