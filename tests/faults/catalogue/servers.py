"""Faults of the servers: killed, restarted and paused, and a topic that is deleted and created again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.stack import START_SECONDS
from tests.faults.catalogue.kinds import FaultKind
from tests.faults.fault_stack import CLICKHOUSE_TIMEOUT_SECONDS, SESSION_SECONDS, FaultStack

MOST_REPEATED = 300


def _start(process: Process) -> None:
    process.start()
    process.wait_until_ready(START_SECONDS)


@contextmanager
def _clickhouse_killed(stack: FaultStack) -> Iterator[None]:
    stack.servers.clickhouse.kill()
    yield
    _start(stack.servers.clickhouse)


@contextmanager
def _clickhouse_killed_in_an_insert(stack: FaultStack) -> Iterator[None]:
    stack.clickhouse.insert_seen.clear()
    stack.clickhouse.insert_seen.wait(3)
    time.sleep(stack.chance.uniform(0, 0.15))
    stack.servers.clickhouse.kill()
    yield
    _start(stack.servers.clickhouse)


@contextmanager
def _clickhouse_restarted(stack: FaultStack) -> Iterator[None]:
    stack.servers.clickhouse.stop()
    yield
    _start(stack.servers.clickhouse)


@contextmanager
def _clickhouse_paused(stack: FaultStack) -> Iterator[None]:
    stack.servers.clickhouse.pause()
    yield
    stack.servers.clickhouse.resume()


@contextmanager
def _broker_paused(stack: FaultStack) -> Iterator[None]:
    stack.broker.pause()
    yield
    stack.broker.resume()


@contextmanager
def _broker_killed(stack: FaultStack) -> Iterator[None]:
    """Kill the broker; Apache Kafka keeps its log, the embedded broker loses it."""
    if stack.broker_kind == "embedded":
        with _topic_recreated(stack):
            yield
    else:
        stack.broker.kill()
        yield
        _start(stack.broker)


@contextmanager
def _topic_recreated(stack: FaultStack) -> Iterator[None]:
    stack.delete_log()
    yield
    stack.recreate_log(stack.chance.randrange(MOST_REPEATED))


@contextmanager
def _topic_recreated_while_workers_pause(stack: FaultStack) -> Iterator[None]:
    """Let the new log grow past the workers' positions while they are paused."""
    frozen = stack.workers.running
    ends = stack.load.highest()
    stack.delete_log()
    for worker in frozen:
        worker.pause()
    stack.recreate_log(MOST_REPEATED)
    stack.load.send_past(ends, SESSION_SECONDS / 2)
    yield
    for worker in frozen:
        worker.resume()


@contextmanager
def _partitions_added(stack: FaultStack) -> Iterator[None]:
    """Move conversations to other partitions, open ones too; the embedded broker cannot add partitions."""
    stack.add_partitions()
    yield


KINDS = (
    FaultKind("ClickHouse killed", "clickhouse", _clickhouse_killed, weight=3),
    FaultKind("ClickHouse killed in an insert", "clickhouse", _clickhouse_killed_in_an_insert, weight=5),
    FaultKind("ClickHouse restarted", "clickhouse", _clickhouse_restarted),
    FaultKind("ClickHouse paused", "clickhouse", _clickhouse_paused, (1, CLICKHOUSE_TIMEOUT_SECONDS + 4)),
    FaultKind("broker paused", "broker", _broker_paused, (1, SESSION_SECONDS + 3)),
    FaultKind("broker killed", "broker", _broker_killed, weight=3),
    FaultKind("partitions added", "broker", _partitions_added, (0, 1), recovers_from_start=True, needs_kafka=True),
    FaultKind("topic recreated", "broker", _topic_recreated, weight=1),
    FaultKind("topic recreated, workers paused", "broker", _topic_recreated_while_workers_pause, (0, 4)),
)
