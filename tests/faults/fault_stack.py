"""The stack of a round: the servers, a proxy in front of each, the workers and the load."""

import contextlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from deploy.embedded.addresses import wait_until
from deploy.embedded.settings import ROOT, StackSettings
from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.stack import START_SECONDS, Broker, Stack
from deploy.embedded.stack.topics import create_topic
from tests.faults.load import Load
from tests.faults.log import FEWEST_PARTITIONS, PARTITIONS, LogContents, add_partitions, delete_topic, read_log
from tests.faults.proxy import Proxy
from tests.faults.workers import Workers
from tests.support.stack.harness import GEOIP

SESSION_SECONDS: Final = 6
CLICKHOUSE_TIMEOUT_SECONDS: Final = 8
SETTLE_SECONDS: Final = 0.4
OTHER_PARTITIONS: Final = (FEWEST_PARTITIONS, PARTITIONS, PARTITIONS, PARTITIONS + 1)
CLICKHOUSE_DISK: Final = "512m"
_SETTING_PREFIX: Final = "CONVOSTREAM_"


class BrokerLost(Exception):
    """The log lacks a record that the broker had acknowledged."""


class FaultStack:
    """One stack with every process and file that faults can change.

    `erased` holds the conversations that must be gone. `logs` holds the contents of earlier logs, `partition_counts`
    the successive partition counts of each log; the last items are those of the current log.
    """

    def __init__(self, directory: Path, broker: Broker, chance: random.Random) -> None:
        self.directory = directory
        self.broker_kind = broker
        self.chance = chance
        self.settings = StackSettings(data_directory=directory)
        self.topic = self.settings.kafka_topic
        self.servers = Stack(self.settings, broker)
        self.disk = directory / "clickhouse"
        self.has_disk = False
        self.logs: list[LogContents] = []
        self.erased: set[tuple[str, str, str]] = set()
        self.partition_counts: list[list[int]] = [[PARTITIONS]]
        self.epochs_seen: dict[int, int] = {}
        self.epochs_at_loss: dict[int, int] = {}
        self.worker_settings = worker_settings(chance)
        self.workers: Workers
        self.kafka: Proxy
        self.clickhouse: Proxy
        self.load: Load

    @contextmanager
    def open(self, workers: int) -> Iterator["FaultStack"]:
        """Start everything but the load, and stop it all at the end."""
        with contextlib.ExitStack() as closing:
            self._mount(closing)
            closing.callback(self.servers.stop)
            self.servers.start_servers()
            self.servers.apply_schema()
            self._start_proxies(closing)
            self.workers = Workers(self.settings, self.worker_environment())
            closing.callback(self._stop_workers)
            for _ in range(workers):
                self.workers.add()
            yield self

    @property
    def broker(self) -> Process:
        """The broker's process."""
        return self.servers.broker

    @property
    def bootstrap(self) -> str:
        """The broker's own address, which bypasses the proxy."""
        return self.servers.broker.address

    def environment(self) -> dict[str, str]:
        """Return the settings of a client that bypasses the proxies."""
        return {**self.servers.environment(), "CONVOSTREAM_GEOIP_DATABASE": str(GEOIP)}

    def worker_environment(self) -> dict[str, str]:
        """Return the settings of the workers, who reach the servers only through the proxies."""
        direct = self.environment()
        url = direct["CONVOSTREAM_CLICKHOUSE_URL"]
        return {
            **direct,
            "CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS": f"localhost:{self.kafka.port}",
            "CONVOSTREAM_CLICKHOUSE_URL": url.replace(f":{urlsplit(url).port}/", f":{self.clickhouse.port}/"),
            **self.worker_settings,
        }

    def writer(self) -> Client:
        """Return a client of ClickHouse that may change tables."""
        return clickhouse_connect.get_client(
            dsn=self.environment()["CONVOSTREAM_CLICKHOUSE_URL"], autogenerate_session_id=False
        )

    def rows(self, query: str, **parameters: object) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        client = self.writer()
        try:
            return [tuple(row) for row in client.query(query, parameters=parameters).result_rows]
        finally:
            client.close()

    def rows_or_none(self, query: str, **parameters: object) -> list[tuple[object, ...]] | None:
        """Return the rows of a query; None while ClickHouse does not answer."""
        try:
            return self.rows(query, **parameters)
        except (ClickHouseError, OSError):
            return None

    def stored_events(self) -> int:
        """Return the number of distinct event ids in ClickHouse."""
        return int(str(self.rows("SELECT uniqExact(event_id) FROM events")[0][0]))

    def delete_log(self) -> None:
        """Save the contents of the topic and delete it, so that its offsets start at 0 again.

        The load and the workers are paused meanwhile, so that the saved contents are complete.
        """
        self.load.pause()
        frozen = [worker for worker in self.workers.running if worker.pid is not None]
        for worker in frozen:
            worker.pause()
        try:
            time.sleep(SETTLE_SECONDS)
            self.logs.append(self.read_log_contents())
            self.save_epochs()
            if self.broker_kind == "embedded":
                self.broker.kill()
            else:
                delete_topic(self.bootstrap, self.topic)
        finally:
            for worker in frozen:
                worker.resume()

    def recreate_log(self, repeated: int) -> None:
        """Create the topic again, perhaps with other partitions; the load resends its latest records and continues."""
        if self.broker_kind == "embedded":
            self.broker.start()
            self.broker.wait_until_ready(START_SECONDS)
        # The embedded broker acknowledges records for a partition that is gone, and loses them.
        fewest = self.partition_counts[-1][-1] if self.broker_kind == "embedded" else 0
        self.partition_counts.append([max(fewest, self.chance.choice(OTHER_PARTITIONS))])
        create_topic(self.bootstrap, self.topic, self.partition_counts[-1][0])
        self.load.restart(repeated)
        self.load.resume()
        wait_until(lambda: bool(self.load.highest()), SESSION_SECONDS)

    def add_partitions(self) -> None:
        """Add partitions to the topic, so that conversations change theirs."""
        counts = self.partition_counts[-1]
        counts.append(counts[-1] + self.chance.choice((1, 2)))
        add_partitions(self.bootstrap, self.topic, counts[-1])

    def save_epochs(self) -> None:
        """Save the current log epochs; ranges of the next log have higher ones."""
        found = self.rows_or_none("SELECT partition, max(log_epoch) FROM ranges GROUP BY partition") or []
        known = {int(str(partition)): int(str(epoch)) for partition, epoch in found}
        self.epochs_at_loss = {**self.epochs_seen, **known}

    def read_log_contents(self) -> LogContents:
        """Return the contents of the topic, which include at least what was acknowledged."""
        log = read_log(self.bootstrap, self.topic, self.load.highest())
        lost = [place for place, sent in self.load.acknowledged.items() if _is_other(log, place, sent.value)]
        if lost:
            raise BrokerLost(f"the broker lost {len(lost)} records that it had acknowledged: {lost[:5]}")
        return log

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the workers, bypassing the proxies."""
        environment = {**os.environ, **self.environment(), **self.worker_settings}
        return subprocess.run(
            [sys.executable, "-m", "stream_processors", *arguments],
            cwd=ROOT,
            env=environment | {"PYTHONPATH": f"{ROOT}:{ROOT / 'producers'}", "COLUMNS": "120"},
            capture_output=True,
            text=True,
            check=False,
        )

    def _start_proxies(self, closing: contextlib.ExitStack) -> None:
        self.kafka = Proxy(self.servers.broker.port, is_broker=True)
        self.clickhouse = Proxy(self.servers.clickhouse.port)
        for proxy in (self.kafka, self.clickhouse):
            proxy.start()
            closing.callback(proxy.stop)

    def _stop_workers(self) -> None:
        for worker in self.workers.all:
            worker.ask_to_stop()
        for worker in self.workers.all:
            worker.stop()

    def _mount(self, closing: contextlib.ExitStack) -> None:
        """Mount a small disk for ClickHouse if this process may."""
        self.disk.mkdir(parents=True, exist_ok=True)
        if os.geteuid() != 0:
            return
        command = ["mount", "-t", "tmpfs", "-o", f"size={CLICKHOUSE_DISK},mode=0700", "tmpfs", str(self.disk)]
        self.has_disk = subprocess.run(command, capture_output=True, check=False).returncode == 0
        if self.has_disk:
            closing.callback(self._unmount)

    def _unmount(self) -> None:
        """Copy the data before unmounting, so that a failed round can be inspected."""
        kept = self.directory / "clickhouse-data"
        subprocess.run(["cp", "-a", str(self.disk), str(kept)], check=False)
        subprocess.run(["umount", "--lazy", str(self.disk)], check=False)


def worker_settings(chance: random.Random) -> dict[str, str]:
    """Return settings with small flushes, so that faults meet many, and sometimes without a state cache."""
    settings = {
        "KAFKA_SESSION_TIMEOUT_SECONDS": str(SESSION_SECONDS),
        "CLICKHOUSE_TIMEOUT_SECONDS": str(CLICKHOUSE_TIMEOUT_SECONDS),
        "FLUSH_MAX_AGE_SECONDS": chance.choice(("0.1", "0.3", "1")),
        "FLUSH_MAX_ROWS": chance.choice(("20", "100", "1000", "50000")),
        "STATE_CACHE_BYTES": chance.choice(("0", "100000", "268435456")),
        "WATCHDOG_SECONDS": "60",
    }
    return {f"{_SETTING_PREFIX}{name}": value for name, value in settings.items()}


def _is_other(log: LogContents, place: tuple[int, int], value: bytes | None) -> bool:
    return place not in log or log[place].value != value
