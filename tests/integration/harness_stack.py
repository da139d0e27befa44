"""A whole stack on free ports in a directory of its own: ClickHouse, a broker, the schema, and workers."""

import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from deploy.embedded.addresses import free_port
from tests.integration.harness_kafka import Log
from tests.integration.harness_processes import Process, ProcessFailedError, run

Broker = Literal["embedded", "kafka"]

GEOIP = Path(__file__).parents[1] / "data" / "geoip" / "GeoIP2-City-Test.mmdb"
PASSWORDS = {"CONVOSTREAM_WRITER_PASSWORD": "writer-secret", "CONVOSTREAM_READER_PASSWORD": "reader-secret"}
START_SECONDS = 60
SESSION_SECONDS = 6
BROKER_COMMANDS: dict[Broker, list[str]] = {
    "embedded": ["deploy.embedded", "broker"],
    "kafka": ["deploy.kafka", "--data-directory"],
}


@dataclass
class Stack:
    """The running parts; `address` is where ClickHouse answers, without user and database."""

    broker: Broker
    directory: Path
    bootstrap: str = ""
    address: str = ""
    processes: list[Process] = field(default_factory=list)

    def start(self) -> None:
        """Starts ClickHouse and the broker and applies the schema; each topic has a worker of its own later."""
        clickhouse = self._process(
            "clickhouse",
            ["deploy.embedded", "clickhouse", "--data-directory", str(self.directory / "clickhouse")],
            PASSWORDS,
        )
        command = BROKER_COMMANDS[self.broker]
        broker = self._process(
            "broker", [*command, str(self.directory / "kafka")] if self.broker == "kafka" else command, {}
        )
        self.address = clickhouse.ready_address(START_SECONDS)
        self.bootstrap = broker.ready_address(300 if self.broker == "kafka" else START_SECONDS)
        run(["sql", "apply"], {"CONVOSTREAM_CLICKHOUSE_URL": self.url("writer")})

    def stop(self) -> None:
        """Stops everything, the last started first."""
        for process in reversed(self.processes):
            process.stop()

    def url(self, user: str) -> str:
        """ClickHouse's address for one of its two users."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{user}:{user}-secret@{parts.netloc}/convostream"

    def log(self, topic: str, configuration: Mapping[str, str]) -> Log:
        """Creates a topic."""
        log = Log(self.bootstrap, topic)
        log.create(configuration)
        return log

    def worker(self, name: str, topic: str, settings: Mapping[str, str]) -> Process:
        """Starts a worker on a topic and waits until it owns its partitions."""
        port = free_port()
        process = self._process(name, ["stream_processors", "worker"], self.settings(topic, port) | dict(settings))
        wait_until_ready(process, port)
        return process

    def settings(self, topic: str, metrics_port: int) -> dict[str, str]:
        """The settings of a worker on that topic."""
        return {
            "CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "CONVOSTREAM_KAFKA_TOPIC": topic,
            "CONVOSTREAM_KAFKA_GROUP": f"workers-of-{topic}",
            "CONVOSTREAM_KAFKA_SESSION_TIMEOUT_SECONDS": str(SESSION_SECONDS),
            "CONVOSTREAM_CLICKHOUSE_URL": self.url("writer"),
            "CONVOSTREAM_GEOIP_DATABASE": str(GEOIP),
            "CONVOSTREAM_FLUSH_MAX_AGE_SECONDS": "0.3",
            "CONVOSTREAM_METRICS_PORT": str(metrics_port),
        }

    def _process(self, name: str, arguments: list[str], settings: Mapping[str, str]) -> Process:
        process = Process(name, arguments, settings, self.directory)
        self.processes.append(process)
        return process


def wait_until_ready(process: Process, port: int) -> None:
    """Waits until a worker says that it is ready."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.is_running:
        if _answers_yes(f"http://127.0.0.1:{port}/ready"):
            return
        time.sleep(0.1)
    raise ProcessFailedError(f"{process.name} is not ready after {START_SECONDS} s:\n{process.tail()}")


def _answers_yes(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 (an address of ours)
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
